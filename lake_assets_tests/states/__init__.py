"""Tests of `lake_assets.states`."""
