-- Write down how many rows a child table got from a file's documents.
INSERT INTO lake_assets.child_files (file_id, child, rows)
VALUES (%(file_id)s, %(child)s, %(rows)s)
ON CONFLICT (file_id, child) DO UPDATE
SET rows = excluded.rows
