-- Write down how an attempt to deliver a message ended.
UPDATE lake_assets.alert_deliveries
SET
    attempts = attempts + 1,
    last_error = %(error)s,
    next_attempt_at = %(next_attempt_at)s,
    delivered_at = CASE WHEN %(error)s::text IS NULL THEN %(now)s::timestamptz END
WHERE message_id = %(message_id)s AND receiver = %(receiver)s
