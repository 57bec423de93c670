"""Proves `discover.emit`: what it writes reads back as the same catalog, whatever the names are."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.models import FileOptions, Source
from lake_assets.catalog.values import SYSTEM_COLUMNS
from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.emit import ColumnText, SourceText, TableText, write_source
from lake_assets.discover.extend import append_tables
from lake_assets.discover.names import column_name, plain_name, source_name

START = datetime(2018, 9, 6, 10, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.sampled_from(
    [
        "null",
        "~",
        "yes",
        "2018",
        "1.5",
        "- a",
        "a: b",
        "#a",
        "\x85",
        "\u2028",
        "\u2029",
        "\ufeff",
        '"',
        "\\",
        "{}",
        "\ufffe",
    ]
)
HEADERS = st.lists(TEXTS.filter(bool), min_size=1, max_size=6, unique=True)
FOLDERS = TEXTS.filter(lambda text: bool(text) and "/" not in text)
TYPES = st.sampled_from(["bigint", "numeric(20,0)", "double precision", "text", "jsonb"])


def read(text: str) -> Source:
    """Read a catalog's text."""
    found = read_yaml(text.encode())
    assert not found.faults
    return to_source(SourceDocument.model_validate(found.data), Path("x.yaml"))


@given(
    FOLDERS,
    st.lists(st.tuples(FOLDERS, HEADERS, TYPES, TEXTS), min_size=1, max_size=3),
    st.sampled_from([";", "\t", "#"]),
)
def test_whatever_is_written_is_read_back(
    folder: str, drawn: list[tuple[str, list[str], str, str]], delimiter: str
) -> None:
    """Names, folders, headers and types come back as they were, whatever characters they hold."""
    taken: list[str] = []
    tables = []
    for table_folder, headers, declared, why in drawn:
        names: list[str] = []
        for place, header in enumerate(headers, 1):
            names.append(column_name(header, place, names))
        columns = [
            ColumnText(name, declared, header, None, why) for name, header in zip(names, headers, strict=True)
        ]
        columns.append(ColumnText("last one", declared, "last one", 99, why))
        taken.append(plain_name(table_folder, "table", taken.__contains__))
        tables.append(TableText(taken[-1], table_folder, {"expect": ("sparse", why)}, columns, [why]))
    files = FileOptions(delimiter=delimiter, null="NULL", header=True)
    name = source_name(folder, lambda _: False)

    source = read(write_source(SourceText(name, folder, START, files, {"null": "so"}, tables, ["so"])))

    assert (source.name, source.folder, source.start, source.files) == (name, folder, START, files)
    for table, text in zip(source.tables, tables, strict=True):
        assert (table.name, table.folder, table.expect) == (text.name, text.folder, "sparse")
        assert [(c.name, c.type, c.source_name, c.position) for c in table.columns] == [
            (c.name, c.type, c.source_name, c.position) for c in text.columns
        ]


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


def test_a_text_that_would_come_to_say_something_else_is_not_written() -> None:
    """Tables are added only if the file, read again, has them and all else as it was."""
    text = "source: shop\nstart: 2018-09-06T10\ntables:\n  orders: {columns: {id: bigint}}\n"
    columns = [ColumnText("id", "bigint", "id", None, "")]
    gifts, orders = (TableText(name, name, {}, columns) for name in ("gifts", "orders"))

    assert (append_tables(text, [gifts]) or "").startswith(text)
    assert append_tables(text, [orders]) is None
