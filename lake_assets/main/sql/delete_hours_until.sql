-- Take the rows of an hour, and of all hours before it, out of main.
DELETE FROM {main} WHERE _lake_hour <= %(hour)s
