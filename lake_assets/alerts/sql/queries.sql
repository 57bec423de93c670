-- name: add_receiver
-- Write down a receiver, if it is new: it gets what is written from now on, and what is open.
INSERT INTO lake_assets.alert_receivers (receiver, service, since)
VALUES (%(receiver)s, %(service)s, %(now)s)
ON CONFLICT (receiver) DO NOTHING

-- name: close_alert
-- Write down that a cause is over.
UPDATE lake_assets.alerts SET closed_at = %(now)s WHERE id = %(id)s

-- name: count_undelivered
-- Count the messages that some receivers have not got yet.
SELECT count(*) FROM lake_assets.alert_deliveries WHERE delivered_at IS NULL AND receiver = ANY (%(receivers)s)

-- name: forget_alert
-- Forget a cause that was over before anybody was told of it.
DELETE FROM lake_assets.alerts WHERE id = %(id)s

-- name: mark_told
-- Write down that an alert has been told as it is now.
UPDATE lake_assets.alerts
SET told_at = %(now)s, told_hours = %(hours)s, whole = %(whole)s
WHERE id = %(id)s

-- name: read_findings
-- Read the open findings, oldest hour of each subject first.
SELECT kind, source, table_name, hour, subject, evidence
FROM lake_assets.findings
WHERE gone_at IS NULL
ORDER BY source, kind, table_name, subject, hour NULLS FIRST

-- name: read_heartbeats
-- Read when the judge last ran, as a whole and for each source, and when a load last looked at everything.
SELECT name, beat_at
FROM lake_assets.heartbeats
WHERE name IN ('judge', 'load') OR name LIKE 'judge:%'

-- name: read_open_alerts
-- Read the alerts whose cause lasts, oldest first.
SELECT id, kind, source, fingerprint, opened_at, told_at, told_hours, whole, members, told
FROM lake_assets.alerts
WHERE closed_at IS NULL
ORDER BY id

-- name: read_ping
-- Read when the judge, or a load of everything, last ran, and which of these the heartbeat URL was last told of.
SELECT
    max(beat_at) FILTER (WHERE name IN ('judge', 'load')) AS judged,
    max(beat_at) FILTER (WHERE name = 'pinged') AS pinged
FROM lake_assets.heartbeats

-- name: write_message
-- Write a message about an alert; who gets it is written by address_messages.
INSERT INTO lake_assets.alert_messages (alert_id, event, title, body, written_at)
VALUES (%(id)s, %(event)s, %(title)s, %(body)s, %(now)s)
