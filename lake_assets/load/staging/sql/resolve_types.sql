-- Name the types of columns as the server knows them: without modifiers, below domains, and inside arrays.
WITH RECURSIVE known AS (
    SELECT asked.type, to_regtype(asked.type)::oid AS own, to_regtype(asked.type)::oid AS base
    FROM unnest(%(types)s::text[]) AS asked (type)
    UNION ALL
    SELECT known.type, known.own, pg_type.typbasetype
    FROM known
    INNER JOIN pg_type ON pg_type.oid = known.base
    WHERE pg_type.typtype = 'd'
)

SELECT known.type, format_type(known.own, -1), base.typname, format_type(element.oid, -1), element.typname
FROM known
INNER JOIN pg_type AS base ON base.oid = known.base AND base.typtype <> 'd'
LEFT JOIN pg_type AS element ON element.oid = base.typelem AND base.typcategory = 'A'
