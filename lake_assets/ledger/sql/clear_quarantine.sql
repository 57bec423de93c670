-- Forget the quarantined records of a table-hour; its load has found none.
DELETE FROM lake_assets.quarantine
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
