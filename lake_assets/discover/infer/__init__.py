"""What follows from a survey: how files are written, which columns a table has, their names and types.

Decisions and their reasons are made here; how they are put into a catalog file is `write`'s.
"""
