"""WHICH TABLES: the catalog, one YAML file per source, read into frozen values.

- `models` holds what the rest of the program works with.
- `document` is the YAML form; `values` checks single values, `rules` what must fit together.
- `read` turns a folder into a `Catalog`, or into one error that names every fault.
- `schema` and `reference` give the same form to editors and to people.
"""
