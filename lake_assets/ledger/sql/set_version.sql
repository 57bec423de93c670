-- Write down which version of the ledger is installed.
COMMENT ON SCHEMA lake_assets IS {version}
