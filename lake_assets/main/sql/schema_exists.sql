-- Tell whether a schema is there.
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %(schema)s)
