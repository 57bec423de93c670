-- Write down a cause that is new.
INSERT INTO lake_assets.alerts (
    kind, source, fingerprint, severity, title, body, tables, hours, opened_at, whole, members, told
)
VALUES (
    %(kind)s, %(source)s, %(fingerprint)s, %(severity)s, %(title)s, %(body)s, %(tables)s, %(hours)s, %(now)s,
    %(whole)s, %(members)s, %(told)s
)
RETURNING id
