-- Name the types behind others: below domains, and inside arrays; NULL for a type that is not PostgreSQL's own.
WITH RECURSIVE known AS (
    SELECT asked.place, asked.oid, asked.modifier, false AS is_array
    FROM unnest(%(oids)s::oid[], %(modifiers)s::integer[]) WITH ORDINALITY AS asked (oid, modifier, place)
    UNION ALL
    SELECT
        known.place,
        CASE WHEN outer_type.typtype = 'd' THEN outer_type.typbasetype ELSE outer_type.typelem END,
        CASE WHEN outer_type.typtypmod >= 0 THEN outer_type.typtypmod ELSE known.modifier END,
        known.is_array OR outer_type.typtype <> 'd'
    FROM known
    INNER JOIN pg_type AS outer_type ON outer_type.oid = known.oid
    WHERE outer_type.typtype = 'd' OR (outer_type.typcategory = 'A' AND outer_type.typelem <> 0)
)

SELECT
    CASE WHEN found.typnamespace = 'pg_catalog'::regnamespace THEN found.typname END,
    known.modifier,
    known.is_array,
    format_type(known.oid, known.modifier)
FROM known
INNER JOIN pg_type AS found ON found.oid = known.oid
WHERE found.typtype <> 'd' AND NOT (found.typcategory = 'A' AND found.typelem <> 0)
ORDER BY known.place
