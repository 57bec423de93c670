"""The benchmark itself: that it ends, tells right from wrong, and prints what it found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from benchmarks.devices import DEVICES, make_devices
from benchmarks.orders import BAD_AMOUNT, COLUMNS, ORDERS, make_orders
from benchmarks.report import table_of
from benchmarks.rounds import Compared
from benchmarks.workbench import Run, digest_of
from lake_assets.postgres import statement
from lake_assets_tests.fix_bench import Bench

ROWS = 4000
PROJECT = Path(__file__).parents[1]


def run_benchmarks(folder: Path, *options: str) -> str:
    """Run `python -m benchmarks` on few rows, and give what it prints."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks",
            "--rows",
            str(ROWS),
            "--rounds",
            "1",
            "--folder",
            folder,
            *options,
        ],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_run(method: str, wall: float, *, right: bool = True) -> Run:
    """Make the figures of a run."""
    return Run(
        method, ROWS, wall=wall, client_cpu=0.5, server_cpu=1.0, s3_cpu=0.0, peak=100_000_000, right=right
    )


def test_it_prints_a_table_of_right_results(tmp_path: Path) -> None:
    """On good and on bad records every method's result is right, and nothing stays but the data sets."""
    printed = run_benchmarks(tmp_path, "--method", "load", "--method", "floor-without-key", "--bad")

    lines = [line.split("|") for line in printed.splitlines() if line.startswith("| ")]
    methods = [line[1].strip() for line in lines if "---" not in line[1]]
    assert methods == 2 * ["method", "F3", "load", "F3 without key"]
    assert {line[-2].strip() for line in lines if "---" not in line[1]} == {"result", "right"}
    assert "orders_bad: 4,000 rows, 3 of them bad" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_it_measures_the_command_as_users_run_it(tmp_path: Path) -> None:
    """As JSON it gives every run, the floor before and after each, with all that the run cost."""
    measured = json.loads(run_benchmarks(tmp_path, "--method", "command", "--json"))

    (data_set,) = measured["data_sets"]
    before, command, after = data_set["runs"]
    assert [run["method"] for run in (before, command, after)] == ["F3", "command", "F3"]
    assert command["right"]
    assert min(command[cost] for cost in ("wall", "client_cpu", "peak")) > 0
    assert command["vs_floor"] == pytest.approx(2 * command["wall"] / (before["wall"] + after["wall"]))


def test_the_data_is_seeded(tmp_path: Path) -> None:
    """A data set is the same wherever it is made, and bad amounts are all that a bad one has of its own."""
    here, there = (make_orders(tmp_path / place, "orders", ROWS, 2) for place in ("here", "there"))
    bad = make_orders(tmp_path / "here", "orders_bad", ROWS, 2, bad=True)

    assert [file.read_bytes() for file in here.files] == [file.read_bytes() for file in there.files]
    good_lines, bad_lines = (
        b"".join(file.read_bytes() for file in data.files).splitlines() for data in (here, bad)
    )
    others = {line for before, line in zip(good_lines, bad_lines, strict=True) if before != line}
    assert others == bad.refused
    assert len(others) == 3
    assert all(BAD_AMOUNT in line for line in others)


@pytest.mark.parametrize(
    "change", ["note = NULL", "note = 'NULL'", "weight = weight + 1e-9", "placed_at = placed_at + '1 us'"]
)
def test_any_other_cell_is_seen(connection: psycopg.Connection, change: str) -> None:
    """A single cell that is another, be it NULL for an empty string, makes another digest."""
    columns = ", ".join(f"{name} {declared}" for name, declared in COLUMNS.items())
    connection.execute(f"CREATE TABLE orders ({columns})".encode())
    connection.execute(
        b"INSERT INTO orders (id, note, weight, placed_at) VALUES (1, '', 1, '2018-09-06'), (2, '', 1, NULL)"
    )
    before = digest_of(connection, sql.Identifier("orders"), ORDERS, left_out=[])

    connection.execute(f"UPDATE orders SET {change} WHERE id = 1".encode())

    assert digest_of(connection, sql.Identifier("orders"), ORDERS, left_out=[]) != before
    assert digest_of(connection, sql.Identifier("orders"), ORDERS, left_out=[1]).rows == before.rows - 1


def test_one_wrong_run_is_shown() -> None:
    """A method of which one run was wrong is wrong, and its time is given with its spread."""
    runs = [Compared(make_run("load", 3.0), 2.0), Compared(make_run("load", 1.0, right=False), 2.0)]

    line: list[Any] = [cell.strip() for cell in table_of(runs).splitlines()[2].split("|")[1:-1]]

    assert line[:4] == ["load", "2", "1.00 (0.50-1.50)", "2.0 (1.0-3.0)"]
    assert line[-1] == "**wrong**"


def test_documents_are_opened_as_the_floor_opens_them(bench: Bench, tmp_path: Path) -> None:
    """The floor of W2 and our load give the same cells, and the data is the same wherever it is made."""
    data, again = (make_devices(tmp_path / place, "orders", 400, 4) for place in ("here", "there"))
    assert [file.read_bytes() for file in data.files] == [file.read_bytes() for file in again.files]
    table = bench.with_catalog({"columns": dict(DEVICES.described)})
    for file in data.files:
        table.bucket.put(f"shop/orders/{file.name}", file.read_bytes())

    report = table.load()

    assert (report.error, report.counts.loaded, report.counts.quarantined) == (None, 400, 0)
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA floor")
        connection.execute("CREATE TABLE floor.staging (oid__id text, _doc text)")
        for file in data.files:
            with connection.cursor().copy("COPY floor.staging FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(file.read_bytes())
        connection.execute("CREATE TABLE floor.orders AS SELECT * FROM shop.orders WITH NO DATA")
        values = sql.SQL(", ").join(DEVICES.values)
        connection.execute(statement("benchmarks", "fill_floor", values=values, source=DEVICES.source))
        digests = [
            digest_of(connection, sql.Identifier(schema, "orders"), DEVICES, left_out=[])
            for schema in ("floor", "shop")
        ]
    assert digests[0] == digests[1]
    assert digests[0].rows == 400
