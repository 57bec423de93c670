"""Proves that tables, columns, folders and files may have any name: a name is never code, and never lost."""

from hashlib import sha256

import pytest

from lake_assets.catalog.models import Column
from lake_assets.hours import ONE_HOUR
from lake_assets_tests.fix_bench import HOUR, Bench, make_table

NAMES = [
    "order",
    "Order Items",
    'say "hi"',
    "a;DROP SCHEMA lake_assets CASCADE;--",
    "größe €",
    "注文😀",
    "p$1.x",
    "100 % {x} %(y)s",
    "a+b c&d=e?#",
    "'; select 1; --",
    "ORDER",
    "x" * 63,
]


def test_tables_and_their_folders_may_have_any_name(any_bench: Bench) -> None:
    """Tables whose names need every kind of quoting load from folders of the same names, side by side."""
    for name in NAMES:
        bench = any_bench.with_table({"id": "bigint", name: "text"}, name=name, folder=name)
        bench.put(f'1,"{name.replace(chr(34), chr(34) * 2)}."\nx,bad\n')

        report = bench.load()

        assert (report.state, report.counts.loaded) == ("quarantined", 1), name
        quoted = name.replace('"', '""')
        assert bench.query(f'SELECT id, "{quoted}" FROM shop."{quoted}"') == [(1, f"{name}.")]
        assert bench.check().passed, name
    kept = any_bench.query("SELECT table_name, key FROM lake_assets.quarantine")
    assert sorted(kept) == sorted((name, f"shop/{name}/20180906-100000000.csv") for name in NAMES)


LONG = "a name that is longer than a name of PostgreSQL may be and goes on "


def test_columns_that_only_files_name_may_have_any_name(any_bench: Bench) -> None:
    """New columns keep their names; those that collide once cut, repeat, are empty or ours are told apart."""
    header = [
        "id",
        *NAMES[1:],
        f"{LONG}1",
        f"{LONG}2",
        f"{LONG[:40]}{'é' * 20}",
        "dup",
        "dup",
        "",
        "_lake_file",
        "_lake_op",
        "two\nlines",
        "back\\slash",
        "c1",
        "xmin",
        "kept",
    ]
    bench = any_bench.with_table({"id": "bigint", "kept": "text"})
    cells = ["7", *(f"v{number}" for number in range(1, len(header)))]
    quoted = ('"' + name.replace('"', '""') + '"' for name in header)
    bench.put(",".join(quoted) + "\n" + ",".join(cells) + "\n")

    report = bench.load_twice()

    assert report.state == "loaded"
    (row,) = bench.query(
        "SELECT to_jsonb(o) - '_lake_hour' - '_lake_file' - '_lake_record' FROM shop.orders o"
    )
    names = [
        *header[:12],
        f"{LONG[:54]}_a3fe521c",
        f"{LONG[:54]}_7b4e1dce",
        f"{LONG[:40]}{'é' * 7}_e91a8a54",
        "dup",
        "dup#2",
        f"column_{header.index('') + 1}",
        "column_lake_file",
        "column_lake_op",
        "two\nlines",
        "back\\slash",
        "c1",
        "column_xmin",
        "kept",
    ]
    assert row[0] == {"id": 7, **dict(zip(names[1:], cells[1:], strict=True))}


def test_new_columns_that_begin_alike_stay_apart_whatever_came_first(any_bench: Bench) -> None:
    """Two names that are one once cut name two columns of main, also where no hour has both of them."""
    bench = any_bench.with_table({"id": "bigint", "kept": "text"})
    bench.put(f"id,kept,{LONG}1\n1,,a\n")
    bench.put(f"id,kept,{LONG}2\n2,,b\n", HOUR + ONE_HOUR)
    for hour in (HOUR, HOUR + ONE_HOUR):
        bench.load(hour)

    names = [f"{LONG[:54]}_{sha256(f'{LONG}{number}'.encode()).hexdigest()[:8]}" for number in (1, 2)]
    assert bench.rows(", ".join(f'"{name}"' for name in names)) == [("a", None), (None, "b")]


def test_a_cell_finds_its_column_by_the_files_name(any_bench: Bench) -> None:
    """`from` may be any text a header can hold, also one too long for PostgreSQL."""
    source = [f"{LONG}1", f"{LONG}2", 'q"u,o\r\nte']
    table = make_table({})
    columns = tuple(
        Column(name=f"n{number}", type="text", source_name=name) for number, name in enumerate(source)
    )
    bench = Bench(any_bench.url, any_bench.bucket, table.model_copy(update={"columns": columns}))
    bench.put('"q""u,o\r\nte",' + ",".join(source[1::-1]) + "\nc,b,a\n")

    bench.load()

    assert bench.rows("n0, n1, n2") == [("a", "b", "c")]


@pytest.mark.parametrize("column", ["ID", "_LAKE_HOUR"])
def test_columns_that_differ_in_case_only_are_two(any_bench: Bench, column: str) -> None:
    """PostgreSQL tells quoted names apart by case, and so do we."""
    bench = any_bench.with_table({"id": "bigint", column: "text"})
    bench.put(f"id,{column}\n1,x\n")

    bench.load()

    assert bench.rows(f'id, "{column}"') == [(1, "x")]


def test_a_nul_in_a_header_is_shown_as_a_character(any_bench: Bench) -> None:
    """A header with a NUL names a column all the same, and the ledger can hold its name."""
    table = any_bench.with_table({"id": "bigint", "note": "text"})
    table.put(b"id,note,ex\0tra\n1,a,b\n")

    report = table.load_twice()

    assert report.error is None
    assert table.rows('id, note, "ex\ufffdtra"') == [(1, "a", "b")]
    assert table.check(deep=True).passed
