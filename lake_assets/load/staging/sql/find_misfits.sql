-- Find the records with a value that cannot become one of its column, and ask PostgreSQL why.
INSERT INTO lake_assets_misfits
SELECT
    misfit._lake_file,
    misfit._lake_record,
    misfit.place,
    misfit.indexes,
    misfit.found,
    misfit.value,
    fault.message,
    fault.sql_error_code
FROM (
    SELECT DISTINCT ON (_lake_file, _lake_record)
        _lake_file, _lake_record, leaf.place, {indexes} AS indexes, leaf.found, leaf.value, leaf.given, leaf.type
    FROM {source}
    CROSS JOIN LATERAL (VALUES {leaves}) AS leaf (place, fits, found, value, given, type)
    WHERE NOT leaf.fits
    ORDER BY _lake_file, _lake_record, leaf.place
) AS misfit
LEFT JOIN LATERAL pg_input_error_info(misfit.given, misfit.type) AS fault ON true
