-- Hold table-hours to what files are held to: every record is accounted for, whatever the state; safe to run again.
ALTER TABLE lake_assets.table_hours
DROP CONSTRAINT IF EXISTS every_record_accounted_for,
ADD CONSTRAINT every_record_accounted_for CHECK (records = loaded + quarantined + superseded + filtered);
