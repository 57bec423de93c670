-- Wait for the loads that are under way, while nothing is held that they could wait for.
LOCK TABLE lake_assets.files IN ACCESS EXCLUSIVE MODE
