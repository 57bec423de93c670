"""STAGING: the temporary table of one load, where records become typed rows before main sees them."""
