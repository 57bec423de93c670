-- Keep why a table-hour is what it is as facts; the sentences that stood in notes are carried over.
ALTER TABLE lake_assets.table_hours
ADD COLUMN reason text,
ADD COLUMN evidence jsonb NOT NULL DEFAULT '[]';

COMMENT ON COLUMN lake_assets.table_hours.reason IS
'why the state is what it is, as a code; null for a state that needs no reason';

COMMENT ON COLUMN lake_assets.table_hours.evidence IS
'the facts that were found, each with its code, figures and names; what makes the state comes first';

COMMENT ON COLUMN lake_assets.table_hours.note IS
'the evidence as a sentence, for people; nothing reads it';

-- The files that were loaded and are gone must be known for as long as their hour is missing.
WITH removed AS (
    SELECT
        known.source,
        known.table_name,
        known.hour,
        jsonb_agg(
            jsonb_build_object('code', 'file_removed', 'key', found.parts[1], 'records', found.parts[2]::bigint)
            ORDER BY found.place
        ) AS facts
    FROM lake_assets.table_hours AS known
    CROSS JOIN
        LATERAL regexp_matches(
            '; ' || known.note, '; (.+?): removed from the lake since it was loaded \((\d+) records\)', 'g'
        ) WITH ORDINALITY AS found (parts, place)
    WHERE known.state = 'missing'
    GROUP BY known.source, known.table_name, known.hour
),

told AS (
    SELECT
        known.source,
        known.table_name,
        known.hour,
        removed.facts AS removed,
        btrim(
            regexp_replace(
                '; ' || known.note, '; (.+?): removed from the lake since it was loaded \((\d+) records\)', '', 'g'
            ),
            '; '
        ) AS rest
    FROM lake_assets.table_hours AS known
    INNER JOIN removed USING (source, table_name, hour)
)

UPDATE lake_assets.table_hours AS known
SET
    evidence = told.removed
    || CASE
        WHEN told.rest = '' THEN '[]'::jsonb
        ELSE jsonb_build_array(jsonb_build_object('code', 'noted', 'text', told.rest))
    END
FROM told
WHERE known.source = told.source AND known.table_name = told.table_name AND known.hour = told.hour;

-- An hour that DMS's own word had made quiet stays so.
UPDATE lake_assets.table_hours AS known
SET
    evidence = jsonb_build_array(CASE
        WHEN known.note LIKE 'DMS moved no record %' THEN jsonb_build_object('code', 'nothing_moved')
        WHEN known.note LIKE 'DMS had applied every change up to %'
            THEN jsonb_build_object(
                'code', 'all_applied',
                'applied', substring(known.note FROM 'up to (.+) \(awsdms_status\)')
            )
        ELSE jsonb_build_object(
            'code', 'no_change_counted',
            'before', substring(known.note FROM 'between (.+) and '),
            'after', substring(known.note FROM ' and (.+)$')
        )
    END)
WHERE known.state = 'quiet' AND known.note LIKE 'DMS %';

UPDATE lake_assets.table_hours AS known
SET evidence = jsonb_build_array(jsonb_build_object('code', 'waived', 'why', given.why, 'who', given.who))
FROM (
    SELECT DISTINCT ON (source, table_name, hour) source, table_name, hour, why, who
    FROM lake_assets.waivers
    ORDER BY source, table_name, hour, id DESC
) AS given
WHERE
    known.state = 'waived' AND known.source = given.source AND known.table_name = given.table_name
    AND known.hour = given.hour;

UPDATE lake_assets.table_hours
SET evidence = jsonb_build_array(jsonb_build_object('code', 'noted', 'text', note))
WHERE evidence = '[]' AND note IS NOT NULL;

UPDATE lake_assets.table_hours
SET reason = evidence -> 0 ->> 'code'
WHERE state NOT IN ('loaded', 'quarantined') AND evidence <> '[]';

ALTER TABLE lake_assets.findings ADD COLUMN evidence jsonb NOT NULL DEFAULT '{}';

UPDATE lake_assets.findings SET evidence = jsonb_build_object('noted', note);

COMMENT ON COLUMN lake_assets.findings.evidence IS 'the figures and names of the finding';

COMMENT ON COLUMN lake_assets.findings.note IS 'the evidence as a sentence, for people; nothing reads it';
