-- Take records in as text (PostgreSQL 16, whose COPY cannot leave out a record).
COPY lake_assets_staging ({columns}) FROM STDIN (
    FORMAT csv, DELIMITER {delimiter}, NULL {null}, QUOTE '"', ENCODING 'UTF8'{op}
)
