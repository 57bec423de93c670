"""Proves that what `discover` writes loads what it was shown: every record, every cell, without edits."""

import json
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import set_json_loads

from lake_assets.catalog.models import Table
from lake_assets_tests.discover.conftest import CHANGES, FULL, Unknown
from lake_assets_tests.discover.drawn_cells import columns, says_the_same, write_csv
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_lake import LakeBucket

ROWS = 6
STYLES = [(",", "utf-8"), (",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), ("|", "utf-16")]
Drawn = tuple[list[list[str | None]], bool, bool, tuple[str, str]]
TABLES = st.lists(
    st.tuples(
        st.lists(columns(ROWS), min_size=1, max_size=6), st.booleans(), st.booleans(), st.sampled_from(STYLES)
    ),
    min_size=6,
    max_size=12,
)
NUMBERS = count(1)


@settings(
    max_examples=examples(4),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(TABLES)
def test_every_cell_of_any_table_is_loaded(
    warehouse_url: str,
    lake_bucket: LakeBucket,
    tmp_path: Path,
    drawn: list[Drawn],
) -> None:
    """Tables of all families, in all delimiters and encodings, with headers or without, come back whole."""
    source = f"s{next(NUMBERS)}"
    unknown = Unknown(warehouse_url, lake_bucket, tmp_path / source)
    tables = {
        f"t{number}": (list(zip(map(str, range(ROWS)), *table, strict=True)), header, op, style)
        for number, (table, header, op, style) in enumerate(drawn)
    }
    for name, (rows, header, op, (mark, encoding)) in tables.items():
        names = [["id", *(f"c{place}" for place in range(1, len(rows[0])))]] if header else []
        full = write_csv([*names, *rows[:3]], mark=mark)
        unknown.put(full.encode(encoding), f"{source}/{name}/{FULL}")
        changes = write_csv(names, "Op" if op else "", mark) + write_csv(rows[3:], "I" if op else "", mark)
        unknown.put(changes.encode(encoding), f"{source}/{name}/{CHANGES}")
    (report,) = unknown.discover(source)
    loads = unknown.load()

    assert not report.left_out
    assert {load.state for load in loads} == {"loaded"}, [load.error for load in loads]
    for name, (rows, _, _, _) in tables.items():
        loaded = fetch(unknown, unknown.table(f"{source}.{name}"))
        assert len(loaded) == ROWS
        expected = {row[0]: row for row in rows}
        for row in loaded:
            for cell, value in zip(expected[row[0]], row, strict=True):
                text = cell and cell.replace("\0", "\ufffd")
                assert text is value is None or (text is not None and says_the_same(text, value)), (
                    text,
                    value,
                )


def fetch(unknown: Unknown, table: Table) -> list[tuple[Any, ...]]:
    """Give main's rows, one value a cell: jsonb with exact numbers, all else as PostgreSQL's own text."""
    cells = [
        sql.SQL("{}" if column.type == "jsonb" else "{}::text").format(sql.Identifier(column.name))
        for column in table.columns
        if column.path is None
    ]
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(cells), sql.Identifier(table.schema_name, table.name)
    )
    with psycopg.connect(unknown.url, options="-c timezone=UTC") as connection:
        set_json_loads(lambda text: json.loads(text, parse_float=Decimal), connection)
        return connection.execute(query).fetchall()


HEADERS = [
    *(
        "id",
        "share %",
        'say "hi"',
        "a\nb",
        "{x}",
        "%s",
        "ctid",
        "_lake_hour",
        "x" * 70,
        "x" * 71,
        "a.b",
        "ID",
        " lead",
    ),
    *(
        "No",
        "yes",
        "Größe",
        "日本",
        "tab\tbed",
        "semi;colon",
        "a,b",
        "#",
        "\u2028",
        "'",
        "\\",
        "column_3x",
    ),
]


def test_any_header_becomes_a_column(unknown: Unknown) -> None:
    """Names of every kind, among them those PostgreSQL cannot hold, are loaded, each with its own cells."""
    rows = [HEADERS, *([str(record * place) for place in range(len(HEADERS))] for record in (1, 2))]
    unknown.put(write_csv(rows))
    (report,) = unknown.discover()
    unknown.load()

    assert not report.left_out
    assert [column.source_name for column in unknown.table().columns] == HEADERS
    assert sorted(unknown.rows()) == [tuple(range(len(HEADERS))), tuple(range(0, 2 * len(HEADERS), 2))]
