-- Forget the quarantined records of a table-hour; its load is about to say anew what they are.
DELETE FROM lake_assets.quarantine
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND (refused OR NOT %(refused_only)s)
