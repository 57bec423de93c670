"""STAGING: the temporary table of one load, and the records that must not leave it for main."""
