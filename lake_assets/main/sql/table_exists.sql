-- Tell whether a relation is there.
SELECT to_regclass(%(main)s) IS NOT NULL
