"""Tests of `lake_assets.monitor`."""
