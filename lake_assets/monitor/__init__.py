"""MONITOR: the state of every expected table-hour, whether or not anything ran, and what is to be loaded."""
