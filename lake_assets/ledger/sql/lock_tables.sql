-- Take the other tables, and from here on give up before the server (deadlock_timeout, a second) ends another's work.
SET LOCAL lock_timeout = '400ms';

LOCK TABLE lake_assets.quarantine, lake_assets.table_hours IN ACCESS EXCLUSIVE MODE;
