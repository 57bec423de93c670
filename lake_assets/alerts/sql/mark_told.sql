-- Write down that an alert has been told as it is now.
UPDATE lake_assets.alerts
SET told_at = %(now)s, told_hours = %(hours)s, whole = %(whole)s
WHERE id = %(id)s
