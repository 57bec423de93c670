"""Tests of `lake_assets.alerts`."""
