-- Write down that all hours of some tables were looked at.
INSERT INTO lake_assets.sweeps (source, table_name, swept_at)
SELECT %(source)s, swept.table_name, %(now)s
FROM unnest(%(tables)s::text[]) AS swept (table_name)
ON CONFLICT (source, table_name) DO UPDATE SET swept_at = excluded.swept_at
