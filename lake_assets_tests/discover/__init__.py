"""Proves `lake_assets.discover`."""
