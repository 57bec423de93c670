"""Tests of lake_assets: the folders mirror those of the package, and every server is a real one."""
