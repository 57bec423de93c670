-- Wait for the loads that are under way, however long they take, while nothing is held that they could wait for.
SET LOCAL lock_timeout = 0;

LOCK TABLE lake_assets.files IN ACCESS EXCLUSIVE MODE;
