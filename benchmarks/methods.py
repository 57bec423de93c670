"""The ways to load a data set that are measured: the floors with psql, and ours.

What is done before and after a run, and how runs take turns, belongs to `workbench` and `rounds`.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.workload import HOUR, DataSet
from lake_assets.embedded.stack import WAREHOUSE, EmbeddedStack
from lake_assets.hours import ONE_HOUR
from lake_assets.postgres import statement, type_name

SOURCE = "bench"
LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}


@dataclass(frozen=True)
class Method:
    """A way to load a data set into one typed table.

    Attributes:
        name: what the report calls it.
        command: gives the command that loads a data set, on a stack.
        of_ours: it reads S3, and it fills quarantine and ledger too.
    """

    name: str
    command: Callable[[EmbeddedStack, DataSet], list[str]]
    of_ours: bool

    def table(self, data: DataSet) -> sql.Identifier:
        """Give the table that is full afterwards."""
        return sql.Identifier(SOURCE, data.table) if self.of_ours else sql.Identifier("floor", "orders")


def psql_environment(stack: EmbeddedStack) -> dict[str, str]:
    """Give the variables that lead psql to the warehouse; they hold its password."""
    parts = conninfo_to_dict(stack.postgres.url(WAREHOUSE))
    return {variable: str(parts[name]) for name, variable in LIBPQ.items()}


def _floor(key: str) -> Callable[[EmbeddedStack, DataSet], list[str]]:
    def command(stack: EmbeddedStack, data: DataSet) -> list[str]:
        workload = data.workload
        values = sql.SQL(", ").join(workload.values)
        steps = [
            statement(
                __package__,
                "create_floor_staging",
                columns=_definitions(dict.fromkeys(workload.staged, "text")),
            ),
            *(_copy_file(file) for file in data.files),
            statement(__package__, "create_floor", columns=_definitions(workload.columns), key=sql.SQL(key)),
            statement(__package__, "fill_floor", values=values, source=workload.source),
        ]
        psql = [stack.postgres.binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        return psql + [part for step in steps for part in ("-c", step.as_string())]

    return command


def _copy_file(file: Path) -> sql.Composed:
    return sql.SQL("\\copy floor.staging from {} with (format csv, header)").format(sql.Literal(str(file)))


def _definitions(columns: Mapping[str, str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), type_name(declared))
        for name, declared in columns.items()
    )


def _load(_: EmbeddedStack, data: DataSet) -> list[str]:
    return [sys.executable, "-m", "benchmarks.load", f"{SOURCE}.{data.table}"]


def _command(_: EmbeddedStack, data: DataSet) -> list[str]:
    program = str(Path(sys.executable).with_name("lake-assets"))
    hours = ["--from", f"{HOUR:%Y-%m-%dT%H}", "--to", f"{HOUR + ONE_HOUR:%Y-%m-%dT%H}"]
    return [program, "load", f"{SOURCE}.{data.table}", *hours]


# The key is there before the rows come, as it is in a table that is loaded every hour.
FLOOR = Method("F3", _floor(", PRIMARY KEY (id)"), of_ours=False)
METHODS = {
    "load": Method("load", _load, of_ours=True),
    "command": Method("command", _command, of_ours=True),
    "floor-without-key": Method("F3 without key", _floor(""), of_ours=False),
}
