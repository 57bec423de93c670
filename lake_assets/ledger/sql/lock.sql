-- Wait for the right to change one thing (a table, or one hour of it) until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, 0))
