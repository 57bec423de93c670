"""Proves `write.catalog_yaml`: what it writes reads back as the same catalog, whatever the names are."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.models import FileOptions, Source
from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.infer.names import column_name, plain_name, source_name
from lake_assets.discover.write.catalog_yaml import write_source
from lake_assets.discover.write.proposals import ProposedColumn, ProposedSource, ProposedTable

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
            ProposedColumn(name=name, type=declared, source_name=header, why=why)
            for name, header in zip(names, headers, strict=True)
        ]
        last = ProposedColumn(name="last one", type=declared, source_name="last one", why=why, position=99)
        columns.append(last)
        taken.append(plain_name(table_folder, "table", taken.__contains__))
        table = ProposedTable(
            name=taken[-1],
            folder=table_folder,
            columns=columns,
            settings={"expect": Explained("sparse", why)},
            comments=[why],
        )
        tables.append(table)
    files = FileOptions(delimiter=delimiter, null="NULL", header=True)
    name = source_name(folder, lambda _: False)

    proposed = ProposedSource(
        name=name,
        folder=folder,
        start=START,
        files=files,
        why={"null": "so"},
        tables=tables,
        comments=["so"],
    )

    source = read(write_source(proposed))

    assert (source.name, source.folder, source.start, source.files) == (name, folder, START, files)
    for found, written in zip(source.tables, tables, strict=True):
        assert (found.name, found.folder, found.expect) == (written.name, written.folder, "sparse")
        assert [(c.name, c.type, c.source_name, c.position) for c in found.columns] == [
            (c.name, c.type, c.source_name, c.position) for c in written.columns
        ]
