-- Wait for the writers of a table, and keep others from writing until this transaction ends; readers go on.
LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE
