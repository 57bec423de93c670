-- Close the open findings that were looked for and not seen again.
UPDATE lake_assets.findings AS known
SET gone_at = %(now)s
WHERE
    known.source = %(source)s AND known.gone_at IS NULL AND known.kind = ANY (%(looked_for)s)
    AND NOT (known.kind = ANY (%(of_whole)s) AND known.table_name = ANY (%(in_part)s))
    AND NOT EXISTS (
        SELECT
        FROM unnest(%(kinds)s::text[], %(tables)s::text[], %(hours)s::timestamptz[], %(subjects)s::text[])
        AS seen (kind, table_name, hour, subject)
        WHERE
            seen.kind = known.kind AND seen.table_name = known.table_name
            AND seen.hour IS NOT DISTINCT FROM known.hour AND seen.subject = known.subject
    )
