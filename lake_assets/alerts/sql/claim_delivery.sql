-- Take the oldest message that is due to a receiver and that nobody else is sending; the messages of an alert in order.
SELECT
    due.message_id, due.receiver, due.alert_id, due.event, due.attempts, messages.title, messages.body,
    alerts.severity
FROM lake_assets.alert_deliveries AS due
INNER JOIN lake_assets.alert_messages AS messages ON messages.id = due.message_id
INNER JOIN lake_assets.alerts ON alerts.id = due.alert_id
WHERE
    due.delivered_at IS NULL
    AND due.next_attempt_at <= %(now)s
    AND due.receiver = ANY (%(receivers)s)
    AND NOT EXISTS (
        SELECT FROM lake_assets.alert_deliveries AS earlier
        WHERE
            earlier.alert_id = due.alert_id
            AND earlier.receiver = due.receiver
            AND earlier.message_id < due.message_id
            AND earlier.delivered_at IS NULL
    )
ORDER BY due.message_id
LIMIT 1
FOR UPDATE OF due SKIP LOCKED
