"""What is written into the catalog: a table as it shall stand there, each choice with its comment, as YAML.

What is chosen is chosen in `infer`. How a table that is there already differs from the lake is `compare`'s.
"""
