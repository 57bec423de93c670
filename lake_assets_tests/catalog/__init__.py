"""Tests of the catalog: what is read from its files, and what is refused in which words."""
