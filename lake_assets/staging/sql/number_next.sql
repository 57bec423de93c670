-- Let the next record of the file have this number, or let it be the last that was given.
SELECT setval(pg_get_serial_sequence('lake_assets_staging', '_lake_record'), %(record)s, %(given)s)
