"""Tables that the catalog no longer names: what ledger and main keep of them. Nothing here changes any.

Who is told of them belongs to `cli.doctor`; folders of the lake without a table to `monitor.findings`.
"""

import psycopg

from lake_assets.catalog.models import Catalog
from lake_assets.ledger.table_hours import list_tables
from lake_assets.load.child_rows import child_tables
from lake_assets.load.main_tables import LAKE_COLUMNS
from lake_assets.postgres import statement


def list_leftovers(connection: psycopg.Connection, catalog: Catalog) -> list[str]:
    """Name the tables of ledger and main, child tables among them, that are not in the catalog, in order.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        catalog: the tables that are loaded.
    """
    named = {(table.source, table.name) for table in catalog.tables}
    known = {entry for entry in list_tables(connection) if entry not in named}
    loaded = {
        (each.schema_name, each.name) for table in catalog.tables for each in (table, *child_tables(table))
    }
    columns = {"columns": list(LAKE_COLUMNS)}
    there = set(connection.execute(statement(__package__, "list_main_tables"), columns).fetchall())
    return sorted(f"{above}.{name}" for above, name in known | (there - loaded))
