-- Take the records that do not fit out of staging.
DELETE FROM lake_assets_staging AS staged
USING lake_assets_misfits AS misfit
WHERE staged._lake_file = misfit._lake_file AND staged._lake_record = misfit._lake_record
