-- Open the findings that are new, and say of the open ones what is to be said now.
INSERT INTO lake_assets.findings AS known (source, kind, table_name, hour, subject, evidence, note, found_at)
SELECT %(source)s, seen.kind, seen.table_name, seen.hour, seen.subject, seen.evidence, seen.note, %(now)s
FROM
    unnest(
        %(kinds)s::text[], %(tables)s::text[], %(hours)s::timestamptz[], %(subjects)s::text[], %(evidences)s::jsonb[],
        %(notes)s::text[]
    ) AS seen (kind, table_name, hour, subject, evidence, note)
ON CONFLICT (source, kind, table_name, hour, subject) WHERE gone_at IS NULL DO UPDATE
SET evidence = excluded.evidence, note = excluded.note
WHERE known.evidence <> excluded.evidence
