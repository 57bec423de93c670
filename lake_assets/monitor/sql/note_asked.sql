-- Write down that table-hours were asked for: how often as they are, and how often they changed within a day.
UPDATE lake_assets.reloads AS known
SET
    attempts = CASE WHEN known.asked = asked.manifest THEN known.attempts + 1 ELSE 1 END,
    changes = CASE
        WHEN known.since IS NULL OR known.since < %(day_ago)s THEN 1
        WHEN known.asked = asked.manifest THEN known.changes
        ELSE known.changes + 1
    END,
    since = CASE
        WHEN known.since IS NULL OR known.since < %(day_ago)s THEN %(now)s
        ELSE known.since
    END,
    asked = asked.manifest,
    asked_at = %(now)s
FROM unnest(%(tables)s::text[], %(hours)s::timestamptz[], %(manifests)s::text[])
AS asked (table_name, hour, manifest)
WHERE
    known.source = %(source)s AND known.table_name = asked.table_name AND known.hour = asked.hour
RETURNING known.table_name, known.hour, known.attempts, known.changes
