-- Find the records with a value that cannot become one of its column, and ask PostgreSQL why.
INSERT INTO lake_assets_document_rejects
SELECT
    reject._lake_file,
    reject._lake_record,
    reject.place,
    reject.indexes,
    reject.found,
    reject.value,
    fault.message,
    fault.sql_error_code,
    reject.loss
FROM (
    SELECT DISTINCT ON (_lake_file, _lake_record)
        _lake_file, _lake_record, leaf.place, {indexes} AS indexes, leaf.found, leaf.value, leaf.given, leaf.type, leaf.loss
    FROM {source}
    CROSS JOIN LATERAL (VALUES {leaves}) AS leaf (place, fits, found, value, given, type, loss)
    WHERE NOT leaf.fits
    ORDER BY _lake_file, _lake_record, leaf.place
) AS reject
LEFT JOIN LATERAL pg_input_error_info(reject.given, reject.type) AS fault ON true
