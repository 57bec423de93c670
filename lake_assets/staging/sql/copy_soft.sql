-- Take records in; one with a value that is none of its column's type is left out, its number with it.
COPY lake_assets_staging ({columns}) FROM STDIN (
    FORMAT csv, DELIMITER {delimiter}, NULL {null}, QUOTE '"', ENCODING 'UTF8'{op},
    ON_ERROR ignore, LOG_VERBOSITY default
)
