"""The `lake-assets` command: talk goes to stderr, data to stdout, the outcome into the exit status."""
