-- Read documents that are staged as text, each once.
SELECT staged.*, {documents}
FROM lake_assets_staging AS staged
WHERE {within}
OFFSET 0
