-- Forget when the judge last looked at all of any table.
DELETE FROM lake_assets.sweeps
