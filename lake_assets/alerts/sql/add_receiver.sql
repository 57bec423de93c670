-- Write down a receiver, if it is new: it gets what is written from now on, and what is open.
INSERT INTO lake_assets.alert_receivers (receiver, service, since)
VALUES (%(receiver)s, %(service)s, %(now)s)
ON CONFLICT (receiver) DO NOTHING
