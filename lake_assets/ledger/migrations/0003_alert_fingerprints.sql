-- Name what tells causes and incidents apart as the rest of the program does: fingerprint and dedup key.
ALTER TABLE lake_assets.alerts RENAME COLUMN cause TO fingerprint;

COMMENT ON COLUMN lake_assets.alerts.fingerprint IS
'what its incidents had in common when it was opened: the first hour, or the reason with figures and names left aside';

-- What an alert had when it was last told is read back in each round: its end must still be told, by the same name.
WITH renamed AS (
    SELECT
        alert.id,
        jsonb_agg(
            member.said - '{mark,gist,reason,records,loaded,quarantined}'::text[]
            || jsonb_build_object(
                'dedup_key', member.said -> 'mark',
                'fingerprint', member.said -> 'gist',
                'codes', CASE
                    WHEN
                        member.said ->> 'kind' = 'missing'
                        AND member.said ->> 'reason' LIKE '%: removed from the lake since it was loaded (%'
                        THEN '["file_removed"]'::jsonb
                    ELSE '[]'::jsonb
                END,
                'label', CASE
                    WHEN member.said ->> 'kind' = 'unknown_table'
                        THEN concat(member.said ->> 'source', '/', member.said ->> 'subject')
                    WHEN member.said ->> 'kind' = 'run_failed' AND member.said ->> 'table' = ''
                        THEN regexp_replace(member.said ->> 'mark', '^__ASSET_JOB ', '')
                    ELSE ''
                END
            )
            ORDER BY member.place
        ) AS members
    FROM lake_assets.alerts AS alert
    CROSS JOIN LATERAL jsonb_array_elements(alert.members) WITH ORDINALITY AS member (said, place)
    GROUP BY alert.id
)

UPDATE lake_assets.alerts AS alert
SET members = renamed.members
FROM renamed
WHERE renamed.id = alert.id;
