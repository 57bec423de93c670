-- Take what a transform gave for one chunk.
COPY lake_assets_changed ({columns}) FROM STDIN
