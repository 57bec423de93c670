-- Write down where every record of a file went.
UPDATE lake_assets.files
SET
    records = %(records)s,
    loaded = %(loaded)s,
    quarantined = %(quarantined)s,
    superseded = %(superseded)s,
    filtered = %(filtered)s,
    added = %(added)s
WHERE id = %(id)s
