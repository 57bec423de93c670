-- Take the values that the catalog names out of staged documents, each once.
SELECT staged.*, {nodes}
FROM {staged} AS staged
WHERE {within}
OFFSET 0
