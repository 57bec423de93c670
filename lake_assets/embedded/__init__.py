"""The embedded stack: a PostgreSQL and an S3 server of one's own, on loopback, without Docker.

`stack` is the way in. Nothing here knows tables, loads or Dagster's assets.
"""
