"""Tests of the embedded stack, on real servers and real processes."""
