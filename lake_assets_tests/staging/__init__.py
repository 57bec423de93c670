"""Proves `lake_assets.staging`."""
