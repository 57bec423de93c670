-- Delete old evaluations that a newer one of the same check and hour has replaced, with their events.
WITH replaced AS (
    DELETE FROM {executions} AS old
    USING {executions} AS newer
    WHERE
        old.create_timestamp < %(until)s
        AND newer.asset_key = old.asset_key AND newer.check_name = old.check_name
        AND newer.partition IS NOT DISTINCT FROM old.partition
        AND newer.execution_status IN ('SUCCEEDED', 'FAILED') AND newer.id > old.id
    RETURNING old.evaluation_event_storage_id
)

DELETE FROM {event_logs}
WHERE id IN (SELECT evaluation_event_storage_id FROM replaced)
