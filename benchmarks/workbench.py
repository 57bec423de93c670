"""A stack with data sets in its lake, on which single runs are made, measured and checked.

Which methods there are belongs to `methods`; which run follows which to `rounds`.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import click
import psycopg
import yaml
from psycopg import sql

from benchmarks.methods import SOURCE, Method, psql_environment
from benchmarks.servers import cpu_seconds
from benchmarks.workload import HOUR, DataSet, Workload
from lake_assets.embedded.stack import BUCKET, WAREHOUSE, EmbeddedStack
from lake_assets.hours import format_hour
from lake_assets.postgres import connect, statement

LAUNCH = Path(__file__).with_name("launch.py")
PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Digest:
    """What a table holds, boiled down; equal only if every cell is."""

    rows: int
    cells: Decimal


@dataclass(frozen=True)
class Run:
    """What one run of a method cost, and whether its result was right.

    Attributes:
        method: the method's name.
        rows: records it read.
        wall: seconds from its start to its end.
        client_cpu: CPU seconds of its process.
        server_cpu: CPU seconds of PostgreSQL meanwhile, all its processes together.
        s3_cpu: CPU seconds of the S3 server meanwhile.
        peak: the most memory its process held, in bytes.
        right: every cell is right, and every bad record in quarantine with its bytes.
    """

    method: str
    rows: int
    wall: float
    client_cpu: float
    server_cpu: float
    s3_cpu: float
    peak: int
    right: bool


@dataclass
class Workbench:
    """Makes runs on a stack.

    Attributes:
        stack: the servers.
        clean: the data set that the floors load.
        data: the one that we load: the same, or one of which some records cannot be loaded.
        expected: what a right result looks like; the first run of a floor tells.
    """

    stack: EmbeddedStack
    clean: DataSet
    data: DataSet
    expected: Digest | None = None

    def __post_init__(self) -> None:
        """Put the data set into the lake and the catalog."""
        client = self.stack.s3.client()
        for file in self.data.files:
            client.upload_file(str(file), BUCKET, f"{SOURCE}/{self.data.table}/{file.name}")
        self._catalog.mkdir(exist_ok=True)
        tables = {self.data.table: {"columns": dict(self.data.workload.described)}}
        source = {"source": SOURCE, "start": format_hour(HOUR), "tables": tables}
        (self._catalog / f"{SOURCE}.yaml").write_text(yaml.safe_dump(source, sort_keys=False))

    @property
    def _catalog(self) -> Path:
        return self.stack.home / "catalog"

    def run(self, method: Method) -> Run:
        """Make a clean place, run a method in a process of its own, and look at the result.

        Raises:
            click.ClickException: the method failed.
        """
        data = self.data if method.of_ours else self.clean
        with self._session() as connection:
            connection.execute(statement(__package__, "reset"))
            connection.execute("CHECKPOINT")
        server, s3 = cpu_seconds("postgres"), cpu_seconds("weed")
        figures = self._launch(method.command(self.stack, data))
        return Run(
            method.name,
            data.rows,
            wall=figures["wall"],
            client_cpu=figures["cpu"],
            server_cpu=cpu_seconds("postgres") - server,
            s3_cpu=cpu_seconds("weed") - s3,
            peak=int(figures["peak"]),
            right=self._is_right(method),
        )

    def _launch(self, command: list[str]) -> dict[str, float]:
        environ = dict(os.environ) | {"LAKE_ASSETS_CATALOG": str(self._catalog)}
        self.stack.put_into(environ)
        # Compiled modules are kept, as pip keeps them, whatever this environment does: the warm-up compiles.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCH), *command],
            capture_output=True,
            text=True,
            env=environ | psql_environment(self.stack),
            cwd=PROJECT,
            check=False,
        )
        figures: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {"status": -1}
        # With status 1 `lake-assets load` says that some records are in quarantine.
        if figures["status"] not in ((0, 1) if self.data.refused else (0,)):
            raise click.ClickException(f"{' '.join(command)[:200]} failed:\n{done.stderr[-3000:]}")
        return figures

    def _is_right(self, method: Method) -> bool:
        bad = [int(record.split(b",")[1]) for record in self.data.refused]
        with self._session() as connection:
            if not method.of_ours:
                found = digest_of(connection, method.table(self.clean), self.clean.workload, left_out=bad)
                self.expected = self.expected or found
                return found == self.expected
            found = digest_of(connection, method.table(self.data), self.data.workload, left_out=[])
            quarantined = [raw for (raw,) in connection.execute(statement(__package__, "read_quarantine"))]
        return found == self.expected and sorted(quarantined) == sorted(self.data.refused)

    def _session(self) -> psycopg.Connection:
        return connect(self.stack.postgres.url(WAREHOUSE), autocommit=True)


def digest_of(
    connection: psycopg.Connection, table: sql.Identifier, workload: Workload, *, left_out: list[int]
) -> Digest:
    """Boil a table down, the rows with some ids left aside."""
    columns = sql.SQL(", ").join(map(sql.Identifier, workload.columns))
    question = statement(__package__, "digest", table=table, columns=columns)
    row = connection.execute(question, {"left_out": list(map(str, left_out))}).fetchone()
    if row is None:
        raise RuntimeError("count(*) gave no row.")
    return Digest(*row)
