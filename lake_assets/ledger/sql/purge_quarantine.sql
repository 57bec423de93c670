-- Empty the bytes of records that have been in quarantine for long; the rows stay, for main stands on them.
UPDATE lake_assets.quarantine
SET raw = ''::bytea, raw_purged_at = clock_timestamp()
WHERE
    source || '.' || table_name = ANY (%(tables)s)
    AND raw_purged_at IS NULL AND quarantined_at < clock_timestamp() - %(older_than)s::interval
