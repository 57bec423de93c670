"""How a table takes its files: what each `load:` of the catalog means, one mode to a module."""
