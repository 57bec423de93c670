"""Tests of `lake_assets.load.frames`."""
