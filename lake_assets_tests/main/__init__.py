"""Proves `lake_assets.main`."""
