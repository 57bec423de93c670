-- Write down that a cause is over.
UPDATE lake_assets.alerts SET closed_at = %(now)s WHERE id = %(id)s
