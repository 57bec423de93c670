-- Write down what a cause that lasts is about now.
UPDATE lake_assets.alerts
SET
    title = %(title)s, body = %(body)s, tables = %(tables)s, hours = %(hours)s, members = %(members)s,
    told = %(told)s
WHERE
    id = %(id)s
    AND (title, body, members, told)
    IS DISTINCT FROM (%(title)s, %(body)s, %(members)s::jsonb, %(told)s::jsonb)
