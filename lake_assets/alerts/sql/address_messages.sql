-- Address to each receiver the messages it has not got: all since it is known, and the newest of each open alert.
INSERT INTO lake_assets.alert_deliveries (message_id, receiver, alert_id, event, next_attempt_at)
SELECT messages.id, receivers.receiver, messages.alert_id, messages.event, %(now)s
FROM lake_assets.alert_receivers AS receivers
CROSS JOIN lake_assets.alert_messages AS messages
INNER JOIN lake_assets.alerts ON alerts.id = messages.alert_id
WHERE
    receivers.receiver = ANY (%(receivers)s)
    AND (
        messages.written_at >= receivers.since
        OR (
            alerts.closed_at IS NULL
            AND NOT EXISTS (
                SELECT FROM lake_assets.alert_messages AS newer
                WHERE newer.alert_id = messages.alert_id AND newer.id > messages.id
            )
        )
    )
    AND NOT EXISTS (
        SELECT FROM lake_assets.alert_deliveries AS known
        WHERE known.message_id = messages.id AND known.receiver = receivers.receiver
    )
ON CONFLICT DO NOTHING
