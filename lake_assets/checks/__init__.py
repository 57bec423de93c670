"""CHECKS: count the files again, and compare lake, ledger and main."""
