-- Wait for loads that are under way, in the order in which they come to these tables, so that none waits for us.
LOCK TABLE lake_assets.files, lake_assets.quarantine IN ACCESS EXCLUSIVE MODE
