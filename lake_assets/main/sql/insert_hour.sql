-- Move the staged records of one hour into main; files are numbered within the load, and have ids in the ledger.
INSERT INTO {main} ({columns}, _lake_hour, _lake_file, _lake_record)
SELECT {values}, %(hour)s, (%(ids)s::bigint[])[_lake_file], _lake_record
FROM {source}
WHERE {within}
