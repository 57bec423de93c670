"""Proves the room `compare` of `lake_assets.discover`."""
