"""Proves `infer.names`: tables, columns and sources of any name are loaded, each from its own folder."""

from lake_assets.catalog.values import SYSTEM_COLUMNS
from lake_assets.discover.infer.names import column_name, plain_name, source_name
from lake_assets_tests.discover.conftest import FULL, Unknown

FOLDERS = [
    *("with space", "two  spaces", " around ", "quo'te", 'dou"ble', "semi;colon", "select", "user", "Größe"),
    *(
        "日本語",
        "😀",
        "Mixed",
        "mixed",
        "MIXED",
        "a$b",
        "a.b",
        "a+b",
        "a b",
        "a%20b",
        "100%",
        "a&b=c",
        "#x",
        "@x",
    ),
    *(
        "x" * 70,
        "x" * 70 + "y",
        "é" * 40,
        "null",
        "true",
        "2018",
        "-",
        "--",
        "*",
        "a:b",
        "{a}",
        "[a]",
        "a,b",
        "~",
    ),
    *("C:", "a|b", "<a>", "a?b", "t__u", "t", "files", "tables", "e\u0301", "\u00e9", "\u202eabc", "!a"),
]


def test_tables_of_any_name_are_loaded(unknown: Unknown) -> None:
    """Each folder becomes a table of its own with its own rows, whatever its name holds."""
    for number, folder in enumerate(FOLDERS):
        unknown.put(f"id,of\n{number},{number + 1000}\n", f"shop/{folder}/{FULL}")
    (report,) = unknown.discover()
    loads = unknown.load()

    assert not report.left_out
    assert {load.state for load in loads} == {"loaded"}
    folders = {unknown.table(name).folder: unknown.rows(name) for name in report.tables}
    assert folders == {folder: [(number, number + 1000)] for number, folder in enumerate(FOLDERS)}


def test_sources_of_any_name_are_loaded(unknown: Unknown) -> None:
    """Sources become plain schemas of their own, also where PostgreSQL keeps the name for itself."""
    for number, source in enumerate(["a b", "a-b", "pg_x", "lake_assets", "select", "ß" * 40, "1.2"]):
        unknown.put(f"{number},x\n", f"{source}/t/{FULL}")
    reports = unknown.discover()
    unknown.load()

    rows = [list(unknown.rows(table)) for report in reports for table in report.tables]
    assert sorted(rows) == [[(number, "x")] for number in range(7)]


def test_names_that_postgresql_cannot_hold_are_changed() -> None:
    """System columns, our own columns and names that are too long get names that can be, told apart."""
    names: list[str] = []
    for place, header in enumerate(["ctid", "_lake_hour", "ä" * 40, "ä" * 41, "", "column_5"], 1):
        names.append(column_name(header, place, names))

    assert names == ["column_ctid", "column_lake_hour", "ä" * 31, "ä" * 30 + "_2", "column_5", "column_5_2"]
    assert not set(names) & SYSTEM_COLUMNS


def test_folders_become_plain_names() -> None:
    """Folders become letters, digits and _; those that would become the same are told apart."""
    names: list[str] = []
    for folder in ["Orders", "orders", "it ems", "it-ems", "Größe", "日本", "x" * 70]:
        names.append(plain_name(folder, "table", names.__contains__))

    assert names == ["Orders", "orders", "it_ems", "it_ems_2", "Gro_e", "table", "x" * 63]


def test_reserved_schemas_are_no_sources() -> None:
    """A folder named like a schema of PostgreSQL's or of the ledger gets another name."""
    assert [source_name(name, lambda _: False) for name in ("pg_x", "lake_assets", "shop")] == [
        "db_pg_x",
        "db_lake_assets",
        "shop",
    ]
