-- Write down that no file came for table-hours which nobody has judged yet, and name those.
INSERT INTO lake_assets.table_hours (source, table_name, hour, state, run_id, note)
SELECT %(source)s, %(table_name)s, absent.hour, 'missing', '', %(note)s
FROM unnest(%(hours)s::timestamptz[]) AS absent (hour)
ON CONFLICT (source, table_name, hour) DO NOTHING
RETURNING hour
