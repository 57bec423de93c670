-- Open the findings that are new, and say of the open ones what is to be said now.
INSERT INTO lake_assets.findings AS known (source, kind, table_name, hour, subject, note, found_at)
SELECT %(source)s, seen.kind, seen.table_name, seen.hour, seen.subject, seen.note, %(now)s
FROM unnest(%(kinds)s::text[], %(tables)s::text[], %(hours)s::timestamptz[], %(subjects)s::text[], %(notes)s::text[])
AS seen (kind, table_name, hour, subject, note)
ON CONFLICT (source, kind, table_name, hour, subject) WHERE gone_at IS NULL DO UPDATE
SET note = excluded.note
WHERE known.note <> excluded.note
