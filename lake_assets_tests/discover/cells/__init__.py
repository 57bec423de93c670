"""Proves the room `cells` of `lake_assets.discover`."""
