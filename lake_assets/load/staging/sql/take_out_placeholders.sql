-- Take the placeholders of records that were never well-formed out of staging.
DELETE FROM lake_assets_staging AS staged
USING
    lake_assets_rejects AS reject,
    unnest(%(keys)s::text[]) WITH ORDINALITY AS file (key, ordinal)
WHERE file.key = reject.key AND staged._lake_file = file.ordinal AND staged._lake_record = reject.record
