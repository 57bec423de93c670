-- Read the states of the newest hours of every table.
SELECT source, table_name, hour, state
FROM lake_assets.table_hours
WHERE hour >= %(first)s AND hour < %(end)s
