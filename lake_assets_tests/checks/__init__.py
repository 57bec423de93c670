"""Proves `lake_assets.checks`."""
