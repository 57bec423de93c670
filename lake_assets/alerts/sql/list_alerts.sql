-- List alerts with how far their messages have come; the open ones only, or all, newest first.
SELECT
    alerts.id, alerts.kind, alerts.source, alerts.severity, alerts.tables, alerts.hours, alerts.title, alerts.body,
    alerts.opened_at, alerts.told_at, alerts.closed_at,
    count(messages.id) FILTER (WHERE deliveries.delivered_at IS NOT NULL) AS delivered,
    count(messages.id) FILTER (
        WHERE deliveries.message_id IS NOT NULL AND deliveries.delivered_at IS NULL
    ) AS undelivered,
    max(deliveries.last_error) FILTER (WHERE deliveries.delivered_at IS NULL) AS last_error
FROM lake_assets.alerts
LEFT JOIN lake_assets.alert_messages AS messages ON messages.alert_id = alerts.id
LEFT JOIN lake_assets.alert_deliveries AS deliveries ON deliveries.message_id = messages.id
WHERE alerts.closed_at IS NULL OR %(all)s
GROUP BY alerts.id
ORDER BY alerts.id DESC
LIMIT %(limit)s
