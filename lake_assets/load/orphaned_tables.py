"""Tables that the catalog no longer names: what ledger and main keep of them. Nothing here changes any.

Who is told of them belongs to `cli.doctor`; folders of the lake without a table to `monitor.findings`.
"""

import psycopg

from lake_assets.catalog.models import Catalog
from lake_assets.ledger.table_hours import list_tables
from lake_assets.load.child_rows import child_tables
from lake_assets.load.main_tables import LAKE_COLUMNS
from lake_assets.postgres import statement


def list_orphaned_tables(connection: psycopg.Connection, catalog: Catalog) -> list[str]:
    """Return the tables of ledger and main, child tables among them, that are not in the catalog, in order.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        catalog: the tables that are loaded.
    """
    in_catalog = set()
    written = set()
    for table in catalog.tables:
        in_catalog.add((table.source, table.name))
        for each in (table, *child_tables(table)):
            written.add((each.schema_name, each.name))
    in_ledger = set(list_tables(connection))
    columns = {"columns": list(LAKE_COLUMNS)}
    in_main = set(connection.execute(statement(__package__, "list_main_tables"), columns).fetchall())
    orphaned = (in_ledger - in_catalog) | (in_main - written)
    return sorted(f"{above}.{name}" for above, name in orphaned)
