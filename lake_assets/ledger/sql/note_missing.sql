-- Write down that no file came for a table-hour which nobody has judged yet.
INSERT INTO lake_assets.table_hours (source, table_name, hour, state, run_id, note)
VALUES (%(source)s, %(table_name)s, %(hour)s, 'missing', '', %(note)s)
ON CONFLICT (source, table_name, hour) DO NOTHING
