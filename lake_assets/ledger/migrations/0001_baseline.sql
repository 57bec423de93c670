-- Make the ledger as it was before migrations were recorded, or complete an older one; safe to run on any of them.

-- Create or complete the schema lake_assets; safe to run at any time.
CREATE SCHEMA IF NOT EXISTS lake_assets;

CREATE TABLE IF NOT EXISTS lake_assets.files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    bytes bigint NOT NULL,
    records bigint NOT NULL DEFAULT 0,
    loaded bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    filtered bigint NOT NULL DEFAULT 0,
    dialect jsonb NOT NULL,
    run_id text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (source, table_name, hour, key),
    CONSTRAINT every_record_accounted_for CHECK (records = loaded + quarantined + superseded + filtered)
);

CREATE TABLE IF NOT EXISTS lake_assets.table_hours (
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT known_state CHECK (state IN (
        'expected', 'missing', 'quiet', 'loaded', 'quarantined', 'failed', 'mismatch', 'stale', 'waived'
    )),
    files integer NOT NULL DEFAULT 0,
    records bigint NOT NULL DEFAULT 0,
    loaded bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    filtered bigint NOT NULL DEFAULT 0,
    run_id text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text,
    PRIMARY KEY (source, table_name, hour)
);

CREATE TABLE IF NOT EXISTS lake_assets.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    key text NOT NULL,
    record bigint NOT NULL,
    column_name text,
    value text,
    reason text NOT NULL,
    sqlstate text,
    raw bytea NOT NULL,
    refused boolean NOT NULL DEFAULT false,
    run_id text NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retried_at timestamptz
);

CREATE INDEX IF NOT EXISTS quarantine_by_table_hour
ON lake_assets.quarantine (source, table_name, hour, key, record);

COMMENT ON COLUMN lake_assets.quarantine.refused IS
'true: the load these records came with was refused as a whole, so main does not stand on it';

-- Complete what is kept of records in quarantine: whose bytes they are, how those are written, what was purged.
ALTER TABLE lake_assets.quarantine
ADD COLUMN IF NOT EXISTS etag text,
ADD COLUMN IF NOT EXISTS raw_purged_at timestamptz;

UPDATE lake_assets.quarantine AS held
SET etag = file.etag
FROM lake_assets.files AS file
WHERE
    held.etag IS NULL AND NOT held.refused
    AND (file.source, file.table_name, file.hour, file.key)
    = (held.source, held.table_name, held.hour, held.key);

COMMENT ON COLUMN lake_assets.quarantine.quarantined_at IS
'when the record came into quarantine; it stays through later loads of the same file, byte for byte';

COMMENT ON COLUMN lake_assets.quarantine.retried_at IS
'when a load last tried the record again, in vain; NULL: never. A record that could be loaded is no longer here';

COMMENT ON COLUMN lake_assets.quarantine.raw_purged_at IS
'when raw was emptied by `lake-assets quarantine purge`; NULL: raw is the record''s bytes';

CREATE TABLE IF NOT EXISTS lake_assets.quarantined_files (
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    key text NOT NULL,
    refused boolean NOT NULL,
    etag text NOT NULL,
    records bigint NOT NULL,
    encoding text NOT NULL,
    beginning bytea NOT NULL,
    retyped jsonb,
    run_id text NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, table_name, hour, key, refused)
);

COMMENT ON TABLE lake_assets.quarantined_files IS
'the files that have records in quarantine, with what an export of those records needs';

COMMENT ON COLUMN lake_assets.quarantined_files.beginning IS
'what the file has before its first record, in its own encoding: byte order mark, header';

COMMENT ON COLUMN lake_assets.quarantined_files.retyped IS
'the columns whose type at least half of the file''s records (and two) do not fit, with the first value';

-- Make the history of the files' columns: what each file has otherwise than the one before it.
ALTER TABLE lake_assets.files ADD COLUMN IF NOT EXISTS kind text;

COMMENT ON COLUMN lake_assets.files.kind IS 'full: of a full load; cdc: of changes';

CREATE OR REPLACE FUNCTION lake_assets.column_changes(before jsonb, after jsonb)
RETURNS TABLE (change text, column_name text, detail text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
WITH
old AS (
    SELECT found.name, found.place
    FROM jsonb_array_elements_text(before -> 'columns') WITH ORDINALITY AS found (name, place)
    UNION ALL
    -- The first file of a table is compared with the catalog, which names all but its extra columns.
    SELECT found.name, NULL
    FROM jsonb_array_elements_text((after -> 'columns') || (after -> 'missing')) AS found (name)
    WHERE before IS NULL AND NOT (after -> 'extra') ? found.name
),
new AS (
    SELECT found.name, found.place
    FROM jsonb_array_elements_text(after -> 'columns') WITH ORDINALITY AS found (name, place)
),
gone AS (SELECT * FROM old WHERE NOT EXISTS (SELECT FROM new WHERE new.name = old.name)),
come AS (SELECT * FROM new WHERE NOT EXISTS (SELECT FROM old WHERE old.name = new.name)),
kept AS (
    SELECT
        string_agg(name, ', ' ORDER BY new.place) AS now,
        string_agg(name, ', ' ORDER BY coalesce(old.place, new.place)) AS once
    FROM old INNER JOIN new USING (name)
)
SELECT
    CASE WHEN (before -> 'missing') ? come.name THEN 'returned' ELSE 'added' END,
    come.name,
    CASE WHEN (after -> 'extra') ? come.name THEN 'the catalog does not name it' END
FROM come
UNION ALL
SELECT 'missing', gone.name, CASE WHEN (after -> 'missing') ? gone.name THEN 'the catalog names it' END
FROM gone
UNION ALL
SELECT 'renamed?', gone.name, come.name || ' stands in its place, and may be ' || gone.name || ' renamed'
FROM gone INNER JOIN come USING (place)
WHERE after ->> 'format' IS DISTINCT FROM 'jsonl'
UNION ALL
SELECT 'reordered', NULL, kept.now || '; before: ' || kept.once
FROM kept
-- The keys of JSON lines have no order: it is that in which they are first met.
WHERE kept.now <> kept.once AND after ->> 'format' IS DISTINCT FROM 'jsonl'
$$;

CREATE OR REPLACE VIEW lake_assets.schema_changes AS
SELECT
    file.source,
    file.table_name,
    file.hour,
    file.key,
    found.change,
    found.column_name,
    found.detail,
    file.run_id,
    file.loaded_at AS noticed_at
FROM lake_assets.files AS file
LEFT JOIN LATERAL (
    SELECT earlier.dialect
    FROM lake_assets.files AS earlier
    WHERE
        earlier.source = file.source AND earlier.table_name = file.table_name
        AND (earlier.hour, earlier.key) < (file.hour, file.key)
        AND earlier.kind IS NOT DISTINCT FROM file.kind AND earlier.records > 0
    ORDER BY earlier.hour DESC, earlier.key DESC
    LIMIT 1
) AS before ON true
CROSS JOIN LATERAL lake_assets.column_changes(before.dialect, file.dialect) AS found
WHERE file.records > 0 AND before.dialect -> 'columns' IS DISTINCT FROM file.dialect -> 'columns'
UNION ALL
SELECT
    file.source,
    file.table_name,
    file.hour,
    file.key,
    'retyped',
    broken.column_name,
    broken.detail,
    file.run_id,
    file.noticed_at
FROM lake_assets.quarantined_files AS file
CROSS JOIN LATERAL jsonb_each_text(file.retyped) AS broken (column_name, detail)
WHERE
    NOT EXISTS (
        SELECT
        FROM lake_assets.quarantined_files AS earlier
        WHERE
            earlier.source = file.source AND earlier.table_name = file.table_name
            AND earlier.hour >= file.hour - interval '1 hour'
            AND (earlier.hour, earlier.key) < (file.hour, file.key)
            AND earlier.retyped ? broken.column_name
    );

COMMENT ON VIEW lake_assets.schema_changes IS
'what each file has otherwise than the file of its kind before it; of the first file, than the catalog';

-- Make the record of every table-hour that a person has accepted; a row stays when the hour is loaded after all.
CREATE TABLE IF NOT EXISTS lake_assets.waivers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    state text NOT NULL,
    reason text,
    why text NOT NULL,
    who text NOT NULL,
    files jsonb NOT NULL,
    waived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS waivers_by_table_hour ON lake_assets.waivers (source, table_name, hour, id);

COMMENT ON TABLE lake_assets.waivers IS
'who has accepted which table-hour, and why; it holds for as long as the state of the table-hour is waived';

COMMENT ON COLUMN lake_assets.waivers.state IS 'what the hour was when it was waived: missing or failed';

COMMENT ON COLUMN lake_assets.waivers.files IS
'the files the lake had then for the hour, key to etag; the waiver ends when they change';

-- Create or complete what the judge keeps: findings, heartbeats, reloads, sweeps and DMS's own counts.
CREATE TABLE IF NOT EXISTS lake_assets.findings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    source text NOT NULL,
    table_name text NOT NULL DEFAULT '',
    hour timestamptz,
    subject text NOT NULL DEFAULT '',
    note text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    gone_at timestamptz
);

COMMENT ON TABLE lake_assets.findings IS
'what is odd and is no state of a table-hour; open while gone_at is null, and then there is one row of each';

CREATE UNIQUE INDEX IF NOT EXISTS one_open_finding
ON lake_assets.findings (source, kind, table_name, hour, subject) NULLS NOT DISTINCT
WHERE gone_at IS NULL;

CREATE TABLE IF NOT EXISTS lake_assets.heartbeats (
    name text PRIMARY KEY,
    beat_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS lake_assets.reloads (
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    manifest text NOT NULL,
    asked text,
    attempts integer NOT NULL DEFAULT 0,
    asked_at timestamptz,
    since timestamptz,
    changes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (source, table_name, hour)
);

COMMENT ON COLUMN lake_assets.reloads.manifest IS
'digest of the table in the catalog and of the hour''s keys, etags and sizes, as the judge last saw them';

COMMENT ON COLUMN lake_assets.reloads.changes IS
'how many different manifests were asked for since `since`, which is at most a day ago';

CREATE TABLE IF NOT EXISTS lake_assets.sweeps (
    source text NOT NULL,
    table_name text NOT NULL,
    swept_at timestamptz NOT NULL,
    PRIMARY KEY (source, table_name)
);

CREATE TABLE IF NOT EXISTS lake_assets.dms_counts (
    task text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    taken_at timestamptz NOT NULL,
    started_at timestamptz,
    changes bigint NOT NULL,
    PRIMARY KEY (task, schema_name, table_name, taken_at)
);

CREATE INDEX IF NOT EXISTS table_hours_needing_attention
ON lake_assets.table_hours (source, table_name, hour)
WHERE state IN ('missing', 'failed', 'mismatch', 'stale', 'quarantined');

-- Create or complete what alerts keep: causes, the messages written of them, and the deliveries of each message.
CREATE TABLE IF NOT EXISTS lake_assets.alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    source text NOT NULL,
    cause text NOT NULL,
    severity text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    tables text [] NOT NULL,
    hours bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    told_at timestamptz,
    told_hours bigint NOT NULL DEFAULT 0,
    told jsonb NOT NULL DEFAULT '[]',
    whole boolean NOT NULL,
    members jsonb NOT NULL,
    closed_at timestamptz
);

COMMENT ON TABLE lake_assets.alerts IS
'one row for each cause that people are told of; open while closed_at is null, held back while told_at is';

CREATE INDEX IF NOT EXISTS open_alerts ON lake_assets.alerts (id) WHERE closed_at IS NULL;

CREATE TABLE IF NOT EXISTS lake_assets.alert_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES lake_assets.alerts (id) ON DELETE CASCADE,
    event text NOT NULL CONSTRAINT known_event CHECK (event IN ('opened', 'grown', 'reminder', 'closed')),
    title text NOT NULL,
    body text NOT NULL,
    written_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS messages_of_alert ON lake_assets.alert_messages (alert_id);

CREATE TABLE IF NOT EXISTS lake_assets.alert_receivers (
    receiver text PRIMARY KEY,
    service text NOT NULL,
    since timestamptz NOT NULL
);

COMMENT ON COLUMN lake_assets.alert_receivers.receiver IS
'a hash of the receiver''s URL; the URL itself holds secrets and is never written';

CREATE TABLE IF NOT EXISTS lake_assets.alert_deliveries (
    message_id bigint NOT NULL REFERENCES lake_assets.alert_messages (id) ON DELETE CASCADE,
    receiver text NOT NULL REFERENCES lake_assets.alert_receivers (receiver) ON DELETE CASCADE,
    alert_id bigint NOT NULL,
    event text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    next_attempt_at timestamptz NOT NULL,
    delivered_at timestamptz,
    PRIMARY KEY (message_id, receiver)
);

CREATE INDEX IF NOT EXISTS deliveries_to_make
ON lake_assets.alert_deliveries (alert_id, receiver, message_id) WHERE delivered_at IS NULL;

-- Create or replace the functions that open the values of documents; docs/documents.md has what each gives.
-- They are plain SQL without options, so that PostgreSQL puts their bodies into the statement that calls them.
-- A key is only taken from what is known to be an object: from a scalar that is an error.

-- The base64 text of a binary value, in the legacy form or that of version 2; NULL for every other value.
CREATE OR REPLACE FUNCTION lake_assets.document_base64(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN
        jsonb_typeof(value -> '$binary') = 'string' AND value ? '$type'
        AND value - '{$binary,$type}'::text[] = '{}'
        AND value ->> '$binary' ~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
        THEN value ->> '$binary'
    WHEN
        jsonb_typeof(value -> '$binary') = 'object'
        AND jsonb_typeof(value #> '{$binary,base64}') = 'string'
        AND jsonb_typeof(value #> '{$binary,subType}') = 'string'
        AND value - '$binary' = '{}' AND (value -> '$binary') - '{base64,subType}'::text[] = '{}'
        AND value #>> '{$binary,base64}'
        ~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
        THEN value #>> '{$binary,base64}'
END;

-- The name of the wrapper of extended JSON that an object is; NULL for an object of its own.
CREATE OR REPLACE FUNCTION lake_assets.document_wrapper(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN jsonb_typeof(value -> '$date') = 'number' AND value - '$date' = '{}' THEN '$date'
    WHEN value ->> '$date' ~ '^[-+0-9]' AND value - '$date' = '{}' THEN '$date'
    WHEN jsonb_typeof(value -> '$oid') = 'string' AND value - '$oid' = '{}' THEN '$oid'
    WHEN jsonb_typeof(value -> '$numberLong') IN ('string', 'number') AND value - '$numberLong' = '{}'
        THEN '$numberLong'
    WHEN jsonb_typeof(value -> '$numberInt') IN ('string', 'number') AND value - '$numberInt' = '{}'
        THEN '$numberInt'
    WHEN jsonb_typeof(value -> '$numberDouble') IN ('string', 'number') AND value - '$numberDouble' = '{}'
        THEN '$numberDouble'
    WHEN
        jsonb_typeof(value -> '$numberDecimal') IN ('string', 'number') AND value - '$numberDecimal' = '{}'
        THEN '$numberDecimal'
    WHEN
        jsonb_typeof(value -> '$date') = 'object'
        AND jsonb_typeof(value #> '{$date,$numberLong}') IN ('string', 'number')
        AND value - '$date' = '{}' AND (value -> '$date') - '$numberLong' = '{}'
        THEN '$date'
    WHEN value ? '$undefined' AND value - '$undefined' = '{}' THEN '$undefined'
    WHEN lake_assets.document_base64(value) IS NOT NULL THEN '$binary'
    WHEN
        value ->> '$uuid'
        ~ '^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$'
        AND value - '$uuid' = '{}'
        THEN '$uuid'
    WHEN
        jsonb_typeof(value -> '$timestamp') = 'object'
        AND value #>> '{$timestamp,t}' ~ '^[0-9]{1,10}$' AND value #>> '{$timestamp,i}' ~ '^[0-9]{1,10}$'
        AND value - '$timestamp' = '{}' AND (value -> '$timestamp') - '{t,i}'::text[] = '{}'
        THEN '$timestamp'
    WHEN jsonb_typeof(value -> '$symbol') = 'string' AND value - '$symbol' = '{}' THEN '$symbol'
    WHEN
        jsonb_typeof(value -> '$regex') = 'string' AND value - '{$regex,$options}'::text[] = '{}'
        AND jsonb_typeof(value -> '$options') = 'string'
        THEN '$regex'
    WHEN
        jsonb_typeof(value -> '$regularExpression') = 'object'
        AND jsonb_typeof(value #> '{$regularExpression,pattern}') = 'string'
        AND jsonb_typeof(value #> '{$regularExpression,options}') = 'string'
        AND value - '$regularExpression' = '{}'
        AND (value -> '$regularExpression') - '{pattern,options}'::text[] = '{}'
        THEN '$regularExpression'
    WHEN jsonb_typeof(value -> '$code') = 'string' AND value - '{$code,$scope}'::text[] = '{}' THEN '$code'
    WHEN value ? '$minKey' AND value - '$minKey' = '{}' THEN '$minKey'
    WHEN value ? '$maxKey' AND value - '$maxKey' = '{}' THEN '$maxKey'
    WHEN jsonb_typeof(value -> '$dbPointer') = 'object' AND value - '$dbPointer' = '{}' THEN '$dbPointer'
END;

-- Milliseconds since 1970 as a time in UTC, exactly; an error outside the range of PostgreSQL.
CREATE OR REPLACE FUNCTION lake_assets.document_moment(milliseconds bigint) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN timestamp '1970-01-01' + make_interval(
    days => (milliseconds / 86400000)::integer, secs => (milliseconds % 86400000)::double precision / 1000
);

-- The digits of a date that is written in milliseconds.
CREATE OR REPLACE FUNCTION lake_assets.document_milliseconds(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(value -> '$date')
    WHEN 'number' THEN value ->> '$date'
    WHEN 'object' THEN value #>> '{$date,$numberLong}'
END;

-- Whether milliseconds lie in the range of PostgreSQL's timestamps (manual, "Date/Time Types").
CREATE OR REPLACE FUNCTION lake_assets.document_in_range(milliseconds text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN milliseconds ~ '^-?[0-9]{1,18}$'
        THEN milliseconds::bigint BETWEEN -210866803200000 AND 9224318015999999
    ELSE false
END;

-- The time in UTC that a $date or $timestamp is; an error outside the range of PostgreSQL.
CREATE OR REPLACE FUNCTION lake_assets.document_time(value jsonb) RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN jsonb_typeof(value -> '$date') = 'string'
        THEN (value ->> '$date')::timestamptz AT TIME ZONE 'UTC'
    WHEN value ? '$timestamp'
        THEN lake_assets.document_moment((value #>> '{$timestamp,t}')::bigint * 1000)
    ELSE lake_assets.document_moment(lake_assets.document_milliseconds(value)::bigint)
END;

-- The same as text that a type of time reads, never an error: outside the range no type reads it.
CREATE OR REPLACE FUNCTION lake_assets.document_time_text(value jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN jsonb_typeof(value -> '$date') = 'string' THEN value ->> '$date'
    WHEN value ? '$timestamp' OR lake_assets.document_in_range(lake_assets.document_milliseconds(value))
        THEN (lake_assets.document_time(value) AT TIME ZONE 'UTC')::text
    ELSE lake_assets.document_milliseconds(value) || ' milliseconds since 1970'
END;

-- The bytes of a $binary or $uuid.
CREATE OR REPLACE FUNCTION lake_assets.document_bytes(value jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN value ? '$uuid' THEN decode(replace(value ->> '$uuid', '-', ''), 'hex')
    ELSE decode(lake_assets.document_base64(value), 'base64')
END;

-- A $binary as text: a UUID (subtype 4) as UUIDs are written, all else in base64.
CREATE OR REPLACE FUNCTION lake_assets.document_binary_text(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN
        ltrim(coalesce(value #>> '{$binary,subType}', value ->> '$type'), '0') = '4'
        AND length(lake_assets.document_bytes(value)) = 16
        THEN encode(lake_assets.document_bytes(value), 'hex')::uuid::text
    ELSE lake_assets.document_base64(value)
END;

-- A $date as text: ISO 8601 as relaxed extended JSON writes it, from year 1 to 9999; else its milliseconds.
CREATE OR REPLACE FUNCTION lake_assets.document_date_text(value jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN jsonb_typeof(value -> '$date') = 'string' THEN value ->> '$date'
    WHEN NOT lake_assets.document_in_range(lake_assets.document_milliseconds(value))
        OR lake_assets.document_milliseconds(value)::bigint NOT BETWEEN -62135596800000 AND 253402300799999
        THEN lake_assets.document_milliseconds(value)
    WHEN lake_assets.document_milliseconds(value)::bigint % 1000 = 0
        THEN to_char(lake_assets.document_time(value), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    ELSE to_char(lake_assets.document_time(value), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
END;

-- The text of a wrapper; NULL for $undefined, and for an object of its own.
CREATE OR REPLACE FUNCTION lake_assets.document_text(value jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE lake_assets.document_wrapper(value)
    WHEN '$oid' THEN value ->> '$oid'
    WHEN '$numberLong' THEN value ->> '$numberLong'
    WHEN '$numberInt' THEN value ->> '$numberInt'
    WHEN '$numberDouble' THEN value ->> '$numberDouble'
    WHEN '$numberDecimal' THEN value ->> '$numberDecimal'
    WHEN '$date' THEN lake_assets.document_date_text(value)
    WHEN '$uuid' THEN
        CASE WHEN value ->> '$uuid' ~ '-' THEN value ->> '$uuid' ELSE (value ->> '$uuid')::uuid::text END
    WHEN '$binary' THEN lake_assets.document_binary_text(value)
    WHEN '$symbol' THEN value ->> '$symbol'
    WHEN '$timestamp' THEN (value #>> '{$timestamp,t}') || ':' || (value #>> '{$timestamp,i}')
    WHEN '$regex' THEN '/' || (value ->> '$regex') || '/' || (value ->> '$options')
    WHEN '$regularExpression' THEN
        '/' || (value #>> '{$regularExpression,pattern}') || '/' || (value #>> '{$regularExpression,options}')
    WHEN '$code' THEN CASE WHEN value ? '$scope' THEN value::text ELSE value ->> '$code' END
    WHEN '$minKey' THEN 'MinKey'
    WHEN '$maxKey' THEN 'MaxKey'
    WHEN '$dbPointer' THEN value::text
END;

-- The number a wrapper of numbers holds, as text.
CREATE OR REPLACE FUNCTION lake_assets.document_number(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(
    value ->> '$numberLong', value ->> '$numberInt', value ->> '$numberDouble', value ->> '$numberDecimal'
);

-- A number without the zeros behind its point, so that a whole one can become an integer; other text stays.
CREATE OR REPLACE FUNCTION lake_assets.document_whole(number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN number ~ '^[-+]?[0-9]+$' THEN number
    WHEN number ~ '^[-+]?[0-9]+([.][0-9]*)?([eE][-+]?[0-9]{1,4})?$' THEN trim_scale(number::numeric)::text
    ELSE number
END;

-- The number a wrapper of numbers holds, as text that an integer reads if it is whole.
CREATE OR REPLACE FUNCTION lake_assets.document_integer(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN value ? '$numberLong' OR value ? '$numberInt' THEN lake_assets.document_number(value)
    ELSE lake_assets.document_whole(lake_assets.document_number(value))
END;

-- Whether an object has a key of a wrapper; most have none, and need no closer look.
CREATE OR REPLACE FUNCTION lake_assets.document_may_wrap(value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN value ?| ARRAY[
    '$date', '$oid', '$numberLong', '$numberInt', '$numberDouble', '$numberDecimal', '$undefined', '$binary', '$uuid',
    '$timestamp', '$symbol', '$regex', '$regularExpression', '$code', '$minKey', '$maxKey', '$dbPointer'
];

-- Whether a path that ends here leads nowhere: into an object without the key, or into nothing.
-- Put into the statement it would work out its argument for each wrapper there is, so it is called (plpgsql).
CREATE OR REPLACE FUNCTION lake_assets.document_ends(value jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE jsonb_typeof(value)
        WHEN 'object' THEN
            NOT lake_assets.document_may_wrap(value)
            OR coalesce(lake_assets.document_wrapper(value) = '$undefined', true)
        ELSE coalesce(jsonb_typeof(value) = 'null', true)
    END;
END;
$$;

-- Stop a statement that met a value of another shape than declared; staging.misfits then finds its record.
CREATE OR REPLACE FUNCTION lake_assets.document_refused(value jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'a document holds a value of another shape than the catalog declares'
    USING ERRCODE = 'data_exception';
END;
$$;

-- Create the ledger of child tables: how many rows each file's documents gave each of them; safe to run again.
CREATE TABLE IF NOT EXISTS lake_assets.child_files (
    file_id bigint NOT NULL REFERENCES lake_assets.files (id) ON DELETE CASCADE,
    child text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (file_id, child)
);

COMMENT ON TABLE lake_assets.child_files IS
'rows of each child table by file of the parent, as counted in the documents';

-- Give the ledger a place for rows that a transform adds; safe to run again.
ALTER TABLE lake_assets.files ADD COLUMN IF NOT EXISTS added bigint NOT NULL DEFAULT 0;
ALTER TABLE lake_assets.table_hours ADD COLUMN IF NOT EXISTS added bigint NOT NULL DEFAULT 0;

COMMENT ON COLUMN lake_assets.files.added IS
'rows of main beyond one for each loaded record: those that a transform added';

-- Hold table-hours to what files are held to: every record is accounted for, whatever the state; safe to run again.
ALTER TABLE lake_assets.table_hours
DROP CONSTRAINT IF EXISTS every_record_accounted_for,
ADD CONSTRAINT every_record_accounted_for CHECK (records = loaded + quarantined + superseded + filtered);
