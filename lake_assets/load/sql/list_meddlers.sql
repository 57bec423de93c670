-- Name what stands between a statement and the rows of a table: triggers, rules, policies, tables below it, a view.
SELECT 'trigger', tgname
FROM pg_trigger
WHERE tgrelid = %(main)s::regclass AND NOT tgisinternal AND tgenabled <> 'D'
UNION ALL
SELECT 'rule', rulename
FROM pg_rewrite
WHERE ev_class = %(main)s::regclass AND rulename <> '_RETURN'
UNION ALL
SELECT 'policy', polname
FROM pg_policy
WHERE polrelid = %(main)s::regclass
UNION ALL
SELECT 'part', below.relname
FROM pg_inherits
INNER JOIN pg_class AS below ON below.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = %(main)s::regclass
UNION ALL
SELECT CASE relkind WHEN 'f' THEN 'foreign table' ELSE 'view' END, relname
FROM pg_class
WHERE oid = %(main)s::regclass AND relkind NOT IN ('r', 'p')
