-- Drop a file of an hour that another hour has taken over; nothing is dropped where somebody has loaded it anew.
DELETE FROM lake_assets.files
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND id = %(id)s AND etag = %(etag)s
RETURNING id
