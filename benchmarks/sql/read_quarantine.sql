-- Read the bytes of all quarantined records.
SELECT raw FROM lake_assets.quarantine
