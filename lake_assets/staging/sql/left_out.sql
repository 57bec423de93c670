-- Find the records of a file that COPY has left out.
SELECT number
FROM generate_series(1, %(records)s) AS number
WHERE NOT EXISTS (
    SELECT FROM lake_assets_staging AS staged
    WHERE staged._lake_file = %(ordinal)s AND staged._lake_record = number
)
ORDER BY number
