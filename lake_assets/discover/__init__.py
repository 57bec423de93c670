"""DISCOVER: a catalog written from what the lake holds, and held against it when it is there.

Its rooms, each standing on those before it:

- `cells`: what cells hold, one and a column of them.
- `survey`: every file of a table read, files that are alike put together.
- `infer`: how files are written, which columns a table has, names and types.
- `write`: tables as the catalog shall have them, and their YAML.
- `compare`: tables that the catalog has already, held against the lake.
- `source`: the way of one source through these rooms.

`lake_discovery` does it for all sources; `report` is what comes of it.
"""
