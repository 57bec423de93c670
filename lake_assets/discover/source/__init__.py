"""The way of one source through the other rooms, from its folders to its catalog file."""
