-- Take the records that a transform dropped out of staging, so that they give no rows to child tables.
DELETE FROM lake_assets_staging AS staged
WHERE
    NOT EXISTS (
        SELECT FROM lake_assets_changed AS changed
        WHERE changed._lake_file = staged._lake_file AND changed._lake_record = staged._lake_record
    )
