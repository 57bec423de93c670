"""Benchmarks: our load beside plain COPY, on the same machine, in one run. See docs/performance.md."""
