"""Proves the room `write` of `lake_assets.discover`."""
