-- Write a message about an alert; who gets it is written by address_messages.
INSERT INTO lake_assets.alert_messages (alert_id, event, title, body, written_at)
VALUES (%(id)s, %(event)s, %(title)s, %(body)s, %(now)s)
