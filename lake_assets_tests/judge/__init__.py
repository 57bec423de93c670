"""Tests of `lake_assets.judge`."""
