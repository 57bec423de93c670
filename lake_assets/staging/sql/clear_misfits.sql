-- Forget the records that did not fit; they are set aside.
TRUNCATE lake_assets_misfits
