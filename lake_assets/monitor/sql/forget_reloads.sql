-- Forget the requests of table-hours that are well, a day after they began.
DELETE FROM lake_assets.reloads AS asked
USING lake_assets.table_hours AS known
WHERE
    asked.source = %(source)s
    AND known.source = asked.source AND known.table_name = asked.table_name AND known.hour = asked.hour
    AND known.state = ANY (%(settled)s::text[])
    AND (asked.since IS NULL OR asked.since < %(day_ago)s)
