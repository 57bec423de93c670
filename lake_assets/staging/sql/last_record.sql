-- Tell how many records of the file COPY has read, those it left out included.
SELECT currval(pg_get_serial_sequence('lake_assets_staging', '_lake_record'))
