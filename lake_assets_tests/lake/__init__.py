"""Tests of the lake: keys, listings and bytes, on a real S3 server."""
