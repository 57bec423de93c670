"""DISCOVER: a catalog written from what the lake holds.

- `batches` gives the cells of a file, column by column; `classes` tells what a cell looks like, `profile`
  what the cells of a column have in common.
- `dialects` finds out how a source is written, `survey` reads all files of a table, `headers` judges first
  records, `shape` decides on the columns, `describe` on the rest.
- `names`, `why` and `emit` make the YAML, `extend` and `drift` deal with what is there already.
- `run` puts it all together.
"""
