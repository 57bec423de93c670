"""`lake-assets quarantine`: see, load again, export and purge the records that could not be loaded."""
