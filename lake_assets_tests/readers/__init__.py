"""Tests of `lake_assets.readers`."""
