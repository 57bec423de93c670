"""Tests of `lake_assets.cli.alerts`."""
