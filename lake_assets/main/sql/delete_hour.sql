-- Take one hour's rows out of main.
DELETE FROM {main} WHERE _lake_hour = %(hour)s
