-- Create or replace the functions that open the values of documents; docs/documents.md has what each gives.
-- They are plain SQL without options, so that PostgreSQL puts their bodies into the statement that calls them.
-- A key is only taken from what is known to be an object: from a scalar that is an error.

-- The base64 text of a binary value, in the legacy form or that of version 2; NULL for every other value.
CREATE OR REPLACE FUNCTION lake_assets.document_base64(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN
        jsonb_typeof(value -> '$binary') = 'string' AND value ? '$type'
        AND value - '{{$binary,$type}}'::text[] = '{{}}'
        AND value ->> '$binary' ~ '^([A-Za-z0-9+/]{{4}})*([A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=)?$'
        THEN value ->> '$binary'
    WHEN
        jsonb_typeof(value -> '$binary') = 'object'
        AND jsonb_typeof(value #> '{{$binary,base64}}') = 'string'
        AND jsonb_typeof(value #> '{{$binary,subType}}') = 'string'
        AND value - '$binary' = '{{}}' AND (value -> '$binary') - '{{base64,subType}}'::text[] = '{{}}'
        AND value #>> '{{$binary,base64}}'
        ~ '^([A-Za-z0-9+/]{{4}})*([A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=)?$'
        THEN value #>> '{{$binary,base64}}'
END;

-- The name of the wrapper of extended JSON that an object is; NULL for an object of its own.
CREATE OR REPLACE FUNCTION lake_assets.document_wrapper(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN jsonb_typeof(value -> '$date') = 'number' AND value - '$date' = '{{}}' THEN '$date'
    WHEN value ->> '$date' ~ '^[-+0-9]' AND value - '$date' = '{{}}' THEN '$date'
    WHEN jsonb_typeof(value -> '$oid') = 'string' AND value - '$oid' = '{{}}' THEN '$oid'
    WHEN jsonb_typeof(value -> '$numberLong') IN ('string', 'number') AND value - '$numberLong' = '{{}}'
        THEN '$numberLong'
    WHEN jsonb_typeof(value -> '$numberInt') IN ('string', 'number') AND value - '$numberInt' = '{{}}'
        THEN '$numberInt'
    WHEN jsonb_typeof(value -> '$numberDouble') IN ('string', 'number') AND value - '$numberDouble' = '{{}}'
        THEN '$numberDouble'
    WHEN
        jsonb_typeof(value -> '$numberDecimal') IN ('string', 'number') AND value - '$numberDecimal' = '{{}}'
        THEN '$numberDecimal'
    WHEN
        jsonb_typeof(value -> '$date') = 'object'
        AND jsonb_typeof(value #> '{{$date,$numberLong}}') IN ('string', 'number')
        AND value - '$date' = '{{}}' AND (value -> '$date') - '$numberLong' = '{{}}'
        THEN '$date'
    WHEN value ? '$undefined' AND value - '$undefined' = '{{}}' THEN '$undefined'
    WHEN lake_assets.document_base64(value) IS NOT NULL THEN '$binary'
    WHEN
        value ->> '$uuid'
        ~ '^([0-9A-Fa-f]{{32}}|[0-9A-Fa-f]{{8}}(-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}})$'
        AND value - '$uuid' = '{{}}'
        THEN '$uuid'
    WHEN
        jsonb_typeof(value -> '$timestamp') = 'object'
        AND value #>> '{{$timestamp,t}}' ~ '^[0-9]{{1,10}}$' AND value #>> '{{$timestamp,i}}' ~ '^[0-9]{{1,10}}$'
        AND value - '$timestamp' = '{{}}' AND (value -> '$timestamp') - '{{t,i}}'::text[] = '{{}}'
        THEN '$timestamp'
    WHEN jsonb_typeof(value -> '$symbol') = 'string' AND value - '$symbol' = '{{}}' THEN '$symbol'
    WHEN
        jsonb_typeof(value -> '$regex') = 'string' AND value - '{{$regex,$options}}'::text[] = '{{}}'
        AND jsonb_typeof(value -> '$options') = 'string'
        THEN '$regex'
    WHEN
        jsonb_typeof(value -> '$regularExpression') = 'object'
        AND jsonb_typeof(value #> '{{$regularExpression,pattern}}') = 'string'
        AND jsonb_typeof(value #> '{{$regularExpression,options}}') = 'string'
        AND value - '$regularExpression' = '{{}}'
        AND (value -> '$regularExpression') - '{{pattern,options}}'::text[] = '{{}}'
        THEN '$regularExpression'
    WHEN jsonb_typeof(value -> '$code') = 'string' AND value - '{{$code,$scope}}'::text[] = '{{}}' THEN '$code'
    WHEN value ? '$minKey' AND value - '$minKey' = '{{}}' THEN '$minKey'
    WHEN value ? '$maxKey' AND value - '$maxKey' = '{{}}' THEN '$maxKey'
    WHEN jsonb_typeof(value -> '$dbPointer') = 'object' AND value - '$dbPointer' = '{{}}' THEN '$dbPointer'
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
    WHEN 'object' THEN value #>> '{{$date,$numberLong}}'
END;

-- Whether milliseconds lie in the range of PostgreSQL's timestamps (manual, "Date/Time Types").
CREATE OR REPLACE FUNCTION lake_assets.document_in_range(milliseconds text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN milliseconds ~ '^-?[0-9]{{1,18}}$'
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
        THEN lake_assets.document_moment((value #>> '{{$timestamp,t}}')::bigint * 1000)
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
        ltrim(coalesce(value #>> '{{$binary,subType}}', value ->> '$type'), '0') = '4'
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
    WHEN '$timestamp' THEN (value #>> '{{$timestamp,t}}') || ':' || (value #>> '{{$timestamp,i}}')
    WHEN '$regex' THEN '/' || (value ->> '$regex') || '/' || (value ->> '$options')
    WHEN '$regularExpression' THEN
        '/' || (value #>> '{{$regularExpression,pattern}}') || '/' || (value #>> '{{$regularExpression,options}}')
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
    WHEN number ~ '^[-+]?[0-9]+([.][0-9]*)?([eE][-+]?[0-9]{{1,4}})?$' THEN trim_scale(number::numeric)::text
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
