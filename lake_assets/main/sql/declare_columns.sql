-- Let the server read the catalog's types, so that they can be compared with those of main.
CREATE TEMPORARY TABLE lake_assets_declared ({columns}) ON COMMIT DROP
