-- Delete old events of Dagster's that say nothing of an hour: all but materializations and checks of tables.
DELETE FROM {event_logs}
WHERE
    id > %(after)s AND id <= %(last)s
    AND (
        dagster_event_type IS NULL
        OR dagster_event_type NOT IN ('ASSET_MATERIALIZATION', 'ASSET_CHECK_EVALUATION')
        OR asset_key = %(status)s
    )
