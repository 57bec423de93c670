-- Count the messages that some receivers have not got yet.
SELECT count(*) FROM lake_assets.alert_deliveries WHERE delivered_at IS NULL AND receiver = ANY (%(receivers)s)
