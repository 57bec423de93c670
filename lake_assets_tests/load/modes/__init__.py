"""Tests of `lake_assets.load.modes`."""
