"""What cells hold: the class of one, what those of a column have in common, the documents among them.

This is the ground that the other rooms stand on: nothing here knows of files, and nothing is decided for a
table.
"""
