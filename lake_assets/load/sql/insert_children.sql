-- Move the elements of one hour's documents into a child table, and count them by file.
WITH inserted AS (
    INSERT INTO {child} ({columns}, _lake_hour, _lake_file, _lake_record)
    SELECT {values}, %(hour)s, (%(ids)s::bigint[])[_lake_file], _lake_record
    FROM {source}
    RETURNING _lake_file
)

SELECT _lake_file, count(*)
FROM inserted
GROUP BY _lake_file
