-- Set records aside that this load cannot take.
COPY lake_assets_rejects (key, record, raw, reason, column_name, value, sqlstate) FROM STDIN
