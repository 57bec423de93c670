"""Proves the room `survey` of `lake_assets.discover`."""
