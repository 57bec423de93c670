"""READERS: the bytes of one file as records for COPY, whatever its format. Nothing here talks to S3."""
