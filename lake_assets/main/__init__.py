"""MAIN: the typed warehouse tables, and how a table-hour of them is replaced."""
