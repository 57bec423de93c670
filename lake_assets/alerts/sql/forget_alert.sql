-- Forget a cause that was over before anybody was told of it.
DELETE FROM lake_assets.alerts WHERE id = %(id)s
