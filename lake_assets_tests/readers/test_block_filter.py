"""Proves `block_filter` over files of every dialect: COPY gets the wanted cells of the good records."""

import gzip
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake_assets.exceptions import LakeError
from lake_assets.readers import blocks
from lake_assets.readers.block_filter import ColumnFilter, filter_block
from lake_assets.readers.csv_borders import find_borders
from lake_assets.readers.csv_splitter import Limits
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_blocks, read_records
from lake_assets.recount.recount import Recount
from lake_assets_tests.readers.rule import dialect_of, in_chunks, plain_records
from lake_assets_tests.readers.test_records import chunk_sizes, limits

COLUMNS = "abc"
pieces = st.sampled_from(
    [
        *'"",,;|\t\n\n\r\0a',
        "x",
        "NULL",
        "\\.",
        "now",
        "\u2028",
        "é",
        "\ufeff",
        "\U0001f600",
        "I",
        '""',
        "\r\n",
    ]
)
texts = st.lists(pieces, max_size=30).map("".join)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "cp1252"])
dialects = st.builds(
    lambda width, **changes: dialect_of(*COLUMNS[:width], **changes),
    st.integers(1, len(COLUMNS)),
    delimiter=st.sampled_from(",;|\t"),
    quoting=st.sampled_from(["rfc4180", "rfc4180", "none"]),
    null=st.sampled_from(["", "NULL", "a", "\\N"]),
    nul=st.sampled_from(["replace", "strip", "quarantine"]),
    header=st.booleans(),
    op=st.booleans(),
    encoding=encodings,
    compression=st.sampled_from(["none", "gzip"]),
)
some_columns = st.frozensets(st.sampled_from(COLUMNS))


def written(text: str, dialect: Dialect, cuts: Sequence[int]) -> bytes:
    """Encode a text, with a byte that no encoding knows for one it lacks, and pack it in several members."""
    data = text.encode(dialect.encoding, "replace").replace(
        b"?", b"\x81" if "16" not in dialect.encoding else b"?"
    )
    if dialect.compression == "none":
        return data
    borders = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return b"".join(gzip.compress(data[start:end]) for start, end in pairwise(borders))


@settings(deadline=None, max_examples=400)
@example("now,x\n\\.,y\n", dialect_of(*"ab"), frozenset("b"), frozenset("a"), [1], Limits(window=1), 1)
@example('"now""",x\n', dialect_of(*"ab"), frozenset(), frozenset("a"), [9], Limits(window=9), 1)
@given(texts, dialects, some_columns, some_columns, chunk_sizes, limits, st.sampled_from([1, 4, 1000]))
def test_copy_gets_the_wanted_cells_of_good_records(
    text: str,
    dialect: Dialect,
    ignored: frozenset[str],
    temporal: frozenset[str],
    sizes: list[int],
    size_limits: Limits,
    batch: int,
) -> None:
    """Whatever the dialect, chunks and windows, reader, recount and second reading tell one story."""
    if not (dialect.op or set(dialect.columns) - ignored):
        ignored = frozenset()
    columns = ColumnFilter(ignored, temporal & frozenset(dialect.columns))
    data = written(text, dialect, sizes)
    counter = Recount(dialect, max_record=size_limits.max_record, batch=batch)
    try:
        read = list(read_blocks(in_chunks(data, sizes), dialect, size_limits))
    except LakeError:
        with pytest.raises(LakeError):
            count(counter, data, sizes)
        return
    total = sum(block.records for block in read)
    assert count(counter, data, sizes) == total

    bad = {record.number for block in read for record in block.bad}
    good = [number for number in range(1, total + 1) if number not in bad]
    cells = {record.number: record.cells for record in read_records([data], dialect, good, size_limits)}
    names = ["Op", *dialect.columns] if dialect.op else dialect.columns
    kept = [place for place, name in enumerate(names) if name not in ignored]
    number = 0
    for block in read:
        filtered, words = filter_block(block, dialect, columns)
        for made in (block, filtered):
            assert b"".join(made.lines()) == made.data
            scanned = find_borders(made.data, made.delimiter, made.records)
            assert made.borders.tolist() == scanned.tolist()
        delimiter = dialect.delimiter.encode()
        for index, record in enumerate(plain_records(filtered.data, delimiter, columns=1)):
            number += 1
            assert record.cells is not None
            got = [
                None if value.decode() == dialect.null and not quoted else value.decode()
                for value, quoted in record.cells
            ]
            whole = cells.get(number, (None,) * (len(dialect.columns) + dialect.op))
            if index in words:
                column, value = words[index]
                assert column in temporal
                assert value == whole[dialect.columns.index(column) + dialect.op]
                assert "now" in value
                whole = (None,) * len(whole)
            assert got == [whole[place] for place in kept]
    assert number == total


@pytest.mark.parametrize(
    ("data", "filtered"),
    [
        (b'1,2018,"x,\n""y"""\n2,2019,\n', b"1,2018\n2,2019\n"),
        (b"1,2018,x\r\n2,now,\r\n3,2019,z", b"1,2018\n,\n3,2019\n"),
        (b"1,2018\n2,2018,x\n\xe4,2018,y\n", b",\n2,2018\n,\n"),
    ],
)
def test_well_formed_csv_is_scanned_once(
    monkeypatch: pytest.MonkeyPatch, data: bytes, filtered: bytes
) -> None:
    """What the scan of a file has found goes on through line ends, bad records, words and left-out cells."""
    dialect = dialect_of("id", "at", "note")
    columns = ColumnFilter(ignored=frozenset({"note"}), temporal=frozenset({"at"}))
    monkeypatch.setattr(blocks, "find_borders", None)

    (block,) = read_blocks([data], dialect)
    made, _ = filter_block(block, dialect, columns)

    assert made.data == filtered
    assert list(made.lines()) == filtered.splitlines(keepends=True)


def count(counter: Recount, data: bytes, sizes: Sequence[int]) -> int:
    """Feed a recount to its end."""
    for chunk in in_chunks(data, sizes):
        counter.feed(chunk)
    return counter.finish()
