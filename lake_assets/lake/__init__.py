"""LAKE: which files a table-hour has in S3, and their bytes as records. Nothing here writes to S3."""
