"""Proves the room `infer` of `lake_assets.discover`."""
