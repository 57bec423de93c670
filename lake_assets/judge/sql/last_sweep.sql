-- Tell when all hours of a table were last looked at.
SELECT swept_at FROM lake_assets.sweeps WHERE source = %(source)s AND table_name = %(table_name)s
