-- Tell when all hours of each table of a source were last looked at.
SELECT table_name, swept_at FROM lake_assets.sweeps WHERE source = %(source)s
