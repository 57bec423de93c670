"""Tests of `lake_assets.recount.recount`."""
