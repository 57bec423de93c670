"""Proves `records` with what it stands on: hostile bytes cost their own record, and good ones arrive."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Literal

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from lake_assets.exceptions import LakeError
from lake_assets.readers.blocks import BadRecord, Block, Record
from lake_assets.readers.csv_scanner import BARE_CR
from lake_assets.readers.csv_splitter import LIMITS, Limits
from lake_assets.readers.csv_walker import STRAY_QUOTE, TEXT_AFTER_QUOTE, UNCLOSED
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_blocks, read_records
from lake_assets_tests.examples import examples
from lake_assets_tests.readers.rule import NoLineEndError, PlainRecord, dialect_of, in_chunks, plain_records

THREE = dialect_of("a", "b", "c")
ONE = dialect_of("a")
NOT_UTF8 = "bytes that are not utf-8"
SMALL = Limits(max_record=2**20, window=64)

hostile_bytes = st.lists(
    st.sampled_from(
        [b'"', b'"', b'"', b",", b",", b"\n", b"\n", b"\r", b"a", b"x", b"\0", b"\xc3\xa9", b"\xe4"]
    ),
    max_size=40,
).map(b"".join)
chunk_sizes = st.lists(st.integers(1, 12), min_size=1, max_size=4)
limits = st.builds(
    Limits, max_record=st.sampled_from([5, 12, 1000]), window=st.sampled_from([1, 4, 16, 1000])
)

Outcome = tuple[str | None, ...] | str


def outcomes(
    data: bytes, dialect: Dialect, sizes: Sequence[int] = (1000,), size_limits: Limits = LIMITS
) -> list[Outcome]:
    """Read everything: the cells of each good record, the reason of each bad one."""
    blocks = list(read_blocks(in_chunks(data, sizes), dialect, size_limits))
    reasons = {bad.number: bad.reason for block in blocks for bad in block.bad}
    count = sum(block.records for block in blocks)
    good = [number for number in range(1, count + 1) if number not in reasons]
    records = {
        record.number: record.cells
        for record in read_records(in_chunks(data, sizes), dialect, good, size_limits)
    }
    return [records[number] if number in records else reasons[number] for number in range(1, count + 1)]


def copy_rows(
    connection: psycopg.Connection, blocks: Sequence[Block], dialect: Dialect
) -> list[tuple[str | None, ...]]:
    """Let PostgreSQL read blocks into columns of text; give them back in order."""
    names = ["op", *dialect.columns] if dialect.op else list(dialect.columns)
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    types = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in names)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged")
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE staged (n int GENERATED ALWAYS AS IDENTITY, {})").format(types)
        )
        command = sql.SQL(
            "COPY staged ({}) FROM STDIN (FORMAT csv, DELIMITER {}, NULL {}, QUOTE '\"')"
        ).format(columns, dialect.delimiter, dialect.null)
        with cursor.copy(command) as copy:
            for block in blocks:
                copy.write(block.data)
        return cursor.execute(sql.SQL("SELECT {} FROM staged ORDER BY n").format(columns)).fetchall()


GOLDEN: dict[str, tuple[bytes, Dialect, list[Outcome]]] = {
    "two stray quotes do not pair up across records": (
        b'1,5" pipe,z\n2,6" pipe,y\n3,ok,w\n',
        THREE,
        [STRAY_QUOTE, STRAY_QUOTE, ("3", "ok", "w")],
    ),
    "an empty cell is NULL, a quoted one is not": (
        b'1,,""\n2,NULL,"NULL"\n',
        THREE,
        [("1", None, ""), ("2", "NULL", "NULL")],
    ),
    "the marker is NULL only without quotes": (
        b'1,,""\n2,NULL,"NULL"\n',
        dialect_of("a", "b", "c", null="NULL"),
        [("1", "", ""), ("2", None, "NULL")],
    ),
    "a bare CR costs its record": (b"1,a\rb,c\n2,x,y\n", THREE, [BARE_CR, ("2", "x", "y")]),
    "a bare CR does not end its record": (b'1,a\rb,"c\nd"\n2,x,y\n', THREE, [BARE_CR, ("2", "x", "y")]),
    "a CR at the very end is bare": (b"1,a,b\n2,x,y\r", THREE, [("1", "a", "b"), BARE_CR]),
    "line ends in quotes stay as they are": (
        b'1,"a\r\nb",c\r\n2,"x\ry","\n"\n',
        THREE,
        [("1", "a\r\nb", "c"), ("2", "x\ry", "\n")],
    ),
    "a NUL becomes U+FFFD": (b"1,a\0b,c\n", THREE, [("1", "a\ufffdb", "c")]),
    "a NUL is left out": (b"1,a\0b,c\n", dialect_of("a", "b", "c", nul="strip"), [("1", "ab", "c")]),
    "a NUL costs its record": (
        b"1,a\0b,c\n2,x,y\n",
        dialect_of("a", "b", "c", nul="quarantine"),
        ["a NUL byte", ("2", "x", "y")],
    ),
    "an open quote costs one line": (b'1,"abc,c\n2,x,y\n', THREE, [UNCLOSED, ("2", "x", "y")]),
    "an open quote on the last line": (b'1,a,b\n2,x,"y', THREE, [("1", "a", "b"), UNCLOSED]),
    "an open quote closed by the next record's quote": (
        b'1,"abc,c\n2,"x",y\n3,p,q\n',
        THREE,
        [TEXT_AFTER_QUOTE, ("2", "x", "y"), ("3", "p", "q")],
    ),
    "a short record": (b"1,a,b\n2,x\n", THREE, [("1", "a", "b"), "2 cells where 3 are expected"]),
    "a long record": (b"1,a,b\n2,x,y,z\n", THREE, [("1", "a", "b"), "4 cells where 3 are expected"]),
    "text after a closing quote": (b'1,"a"b,c\n2,x,y\n', THREE, [TEXT_AFTER_QUOTE, ("2", "x", "y")]),
    "a CR and nothing after a closing quote": (b'"a\nb"\r', ONE, [TEXT_AFTER_QUOTE, STRAY_QUOTE]),
    "lines behind a broken record are read afresh": (
        b'"a\nb\n",x"y\nc\n',
        ONE,
        [STRAY_QUOTE, ("b",), TEXT_AFTER_QUOTE, ("c",)],
    ),
    "a CR alone after a closing quote": (
        b'1,a,"b"\r\r\n2,x,"y"\r',
        THREE,
        [TEXT_AFTER_QUOTE, TEXT_AFTER_QUOTE],
    ),
    "blank lines are no records": (
        b'\n\r\n1,a,b\n\n2,x,"\n\n"\r\n\r\n\n""\n \n\n3,"x"x,y\n\n',
        THREE,
        [
            ("1", "a", "b"),
            ("2", "x", "\n\n"),
            "1 cell where 3 are expected",
            "1 cell where 3 are expected",
            TEXT_AFTER_QUOTE,
        ],
    ),
    "blank lines before and behind a header": (
        b"\n\na,b,c\n\n1,x,y\n",
        dialect_of("a", "b", "c", header=True),
        [("1", "x", "y")],
    ),
    "blank lines beside lines that have no quoting": (
        b'\n1,"a\n\n2,b"\n',
        dialect_of("a", "b", quoting="none"),
        [("1", '"a'), ("2", 'b"')],
    ),
    "blank lines of one column are NULLs": (b"\nx\n\n", ONE, [(None,), ("x",), (None,)]),
    "an end-of-data mark is text": (b'1\n\\.\n"\\."\n3', ONE, [("1",), ("\\.",), ("\\.",), ("3",)]),
    "an end-of-data mark made by stripping": (
        b"\\\0.\n2\n",
        dialect_of("a", nul="strip"),
        [("\\.",), ("2",)],
    ),
    "an end-of-data mark inside quotes": (b'"a\n\\.\nb"\n2\n', ONE, [("a\n\\.\nb",), ("2",)]),
    "a byte order mark is dropped": (b'\xef\xbb\xbf"1",a,b\n', THREE, [("1", "a", "b")]),
    "separators of Unicode end no line": (
        "1,a\u2028b\x0bc,d\x1ce\x85\n".encode(),
        THREE,
        [("1", "a\u2028b\x0bc", "d\x1ce\x85")],
    ),
    "bytes that are no UTF-8": (b"1,\xe4,b\n2,x,y\n", THREE, [NOT_UTF8, ("2", "x", "y")]),
    "CESU-8 surrogates are no UTF-8": (
        b"1,\xed\xa0\xbd\xed\xb8\x80,b\n2,x,y\n",
        THREE,
        [NOT_UTF8, ("2", "x", "y")],
    ),
    "a character cut in two by the record's end": (b"1,a,\xc3\n\xa9,x,y\n", THREE, [NOT_UTF8, NOT_UTF8]),
    "emoji": ("1,\U0001f600,b\n".encode(), THREE, [("1", "\U0001f600", "b")]),
    "CRLF": (b'1,a,"b"\r\n2,x,y\r\n', THREE, [("1", "a", "b"), ("2", "x", "y")]),
    "CRLF behind a quoted LF": (b'1,a,"\n"\r\n2,x,y\r\n', THREE, [("1", "a", "\n"), ("2", "x", "y")]),
    "mixed line ends": (b"1,a,b\r\n2,x,y\n3,p,q", THREE, [("1", "a", "b"), ("2", "x", "y"), ("3", "p", "q")]),
    "nothing": (b"", THREE, []),
    "a byte order mark and nothing": (b"\xef\xbb\xbf", THREE, []),
    "header only": (b"a,b,c\n", dialect_of("a", "b", "c", header=True), []),
    "header only, without line end": (b"a,b,c", dialect_of("a", "b", "c", header=True), []),
    "the header is not counted": (
        b'a,"b",c\r\n1,x,y\r\n',
        dialect_of("a", "b", "c", header=True),
        [("1", "x", "y")],
    ),
    "mixed line ends behind a header": (b"h\r\n1234\n", dialect_of("h", header=True), [("1234",)]),
    "a header with an open quote costs one line": (
        b'a,b,"c\n1,x,y\n',
        dialect_of("a", "b", "c", header=True),
        [("1", "x", "y")],
    ),
    "Op is a cell": (
        b"I,1,x\nU,2\n",
        dialect_of("a", "b", op=True),
        [("I", "1", "x"), "2 cells where 3 are expected"],
    ),
    "another delimiter": (b'1|a,b|"c|d"\n', dialect_of("a", "b", "c", delimiter="|"), [("1", "a,b", "c|d")]),
    "escaped quotes": (b'"""","a""b",""""""\n', THREE, [('"', 'a"b', '""')]),
    "quotes are text without quoting": (
        b'"1",a"b,"\nx""y,\r,z\r\n',
        dialect_of("a", "b", "c", quoting="none"),
        [('"1"', 'a"b', '"'), ('x""y', "\r", "z")],
    ),
    "every LF ends a record without quoting": (
        b'1,"a\nb",c\n',
        dialect_of("a", "b", quoting="none"),
        [("1", '"a'), ('b"', "c")],
    ),
    "a CR is text without quoting": (b"1,a\rb\n", dialect_of("a", "b", quoting="none"), [("1", "a\rb")]),
    "NULL and faults without quoting": (
        b'NULL,"\n1\n\xe4,2\n,x\r',
        dialect_of("a", "b", quoting="none", null="NULL"),
        [(None, '"'), "1 cell where 2 are expected", NOT_UTF8, ("", "x\r")],
    ),
}


@pytest.mark.parametrize(("data", "dialect", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_hostile_bytes_cost_their_own_record(data: bytes, dialect: Dialect, expected: list[Outcome]) -> None:
    """Each known trap has the outcome that docs/bad-input.md promises."""
    assert outcomes(data, dialect) == expected


@pytest.mark.parametrize(("data", "dialect", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_chunk_borders_change_nothing(data: bytes, dialect: Dialect, expected: list[Outcome]) -> None:
    """The outcome is the same wherever the stream is cut, and however small the windows are."""
    for border in range(1, len(data)):
        assert outcomes(data, dialect, (border, len(data))) == expected
    for window in (1, 2, 3, 7):
        assert outcomes(data, dialect, (1,), Limits(window=window)) == expected


@pytest.mark.parametrize("server", ["warehouse_url", "warehouse16_url"])
def test_copy_reads_the_same_records(server: str, request: pytest.FixtureRequest) -> None:
    r"""PostgreSQL 18, and 16 which stops at a bare `\.`, read good records as they are, bad ones as NULLs."""
    with psycopg.connect(request.getfixturevalue(server)) as connection:
        for name, (data, dialect, expected) in GOLDEN.items():
            nothing = (None,) * (len(dialect.columns) + dialect.op)
            rows = copy_rows(connection, list(read_blocks([data], dialect)), dialect)
            assert rows == [nothing if isinstance(outcome, str) else outcome for outcome in expected], name


def plainly(record: PlainRecord, dialect: Dialect) -> tuple[str | None, ...] | None:
    """Say what the reader must make of a record: its cells, or None if it is bad."""
    if record.cells is None or len(record.cells) != len(dialect.columns):
        return None
    try:
        record.raw.decode()
    except UnicodeDecodeError:
        return None
    becomes = {"replace": "\ufffd", "strip": ""}.get(dialect.nul)
    if becomes is None and b"\0" in record.raw:
        return None
    texts = [(value.decode().replace("\0", becomes or ""), quoted) for value, quoted in record.cells]
    return tuple(None if text == dialect.null and not quoted else text for text, quoted in texts)


@settings(deadline=None, max_examples=examples(200))
@example(b'"\n"', 2, "replace", [1], Limits(max_record=1000, window=1))
@example(b'a,"\r', 2, "replace", [1], Limits(max_record=1000, window=1))
@example(b'"a\nb","c\n', 2, "strip", [3], Limits(max_record=5, window=1000))
@given(
    hostile_bytes, st.integers(1, 3), st.sampled_from(["replace", "strip", "quarantine"]), chunk_sizes, limits
)
def test_any_bytes_are_read_by_the_rule(
    data: bytes, width: int, nul: str, sizes: list[int], size_limits: Limits
) -> None:
    """Whatever the bytes, chunks and windows, each record is cut, judged and read as the plain rule says."""
    dialect = dialect_of(*"abc"[:width], nul=nul)
    try:
        expected = plain_records(data, max_record=size_limits.max_record, columns=width)
    except NoLineEndError:
        with pytest.raises(LakeError, match="No line end within"):
            list(read_blocks(in_chunks(data, sizes), dialect, size_limits))
        return
    read = outcomes(data, dialect, sizes, size_limits)
    assert [None if isinstance(outcome, str) else outcome for outcome in read] == [
        plainly(record, dialect) for record in expected
    ]


@settings(deadline=None, max_examples=examples(200))
@given(hostile_bytes, chunk_sizes)
def test_every_byte_is_in_one_record(data: bytes, sizes: list[int]) -> None:
    """The raw bytes of good and bad records, put together with their line ends, are the file again."""
    dialect = dialect_of("a")
    blocks = list(read_blocks(in_chunks(data, sizes), dialect, SMALL))
    raw: dict[int, bytes] = {bad.number: bad.raw for block in blocks for bad in block.bad}
    count = sum(block.records for block in blocks)
    good = [number for number in range(1, count + 1) if number not in raw]
    raw |= {record.number: record.raw for record in read_records([data], dialect, good)}
    expected = plain_records(data, columns=1)
    assert [raw[number] for number in sorted(raw)] == [record.raw for record in expected]
    assert b"".join(record.whole for record in expected) == data


@settings(deadline=None, max_examples=examples(200))
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(
                st.text(st.sampled_from('",;\n\r ax\u2028\xe9\U0001f600'), max_size=6),
                min_size=width,
                max_size=width,
            ),
            min_size=1,
        )
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    chunk_sizes,
    st.sampled_from([1, 4, 16, 1000]),
)
def test_what_a_csv_writer_writes_is_read(
    rows: list[list[str]], delimiter: str, quoting: Literal[0, 1], sizes: list[int], window: int
) -> None:
    """Cells written by Python's csv come back as they were, and its strict reader reads the blocks alike."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)
    data = file.getvalue().encode()
    dialect = dialect_of(*"abcd"[: len(rows[0])], delimiter=delimiter)
    size_limits = Limits(window=window)
    blocks = list(read_blocks(in_chunks(data, sizes), dialect, size_limits))
    assert [block.bad for block in blocks] == [()] * len(blocks)
    text = b"".join(block.data for block in blocks).decode()
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)) == rows
    read = read_records(in_chunks(data, sizes), dialect, range(1, len(rows) + 1), size_limits)
    assert [[cell or "" for cell in record.cells] for record in read] == rows


@settings(
    deadline=None, max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(hostile_bytes, st.integers(1, 3), st.sampled_from(["rfc4180", "none"]), st.sampled_from(["", "a"]))
def test_copy_reads_any_bytes_alike(
    connection: psycopg.Connection, data: bytes, width: int, quoting: str, null: str
) -> None:
    """Whatever the bytes, COPY takes the blocks and finds in them the cells that `read_records` finds."""
    dialect = dialect_of(*"abc"[:width], quoting=quoting, null=null)
    nothing = (None,) * width
    rows = copy_rows(connection, list(read_blocks([data], dialect, SMALL)), dialect)
    assert rows == [nothing if isinstance(outcome, str) else outcome for outcome in outcomes(data, dialect)]


def test_clean_bytes_pass_untouched() -> None:
    """A well-formed file with LF line ends reaches COPY byte for byte."""
    data = 'I,1,"a\n""b"", c",\xe9\nU,2,,"\r\n"\n'.encode() * 50
    blocks = list(read_blocks([data], dialect_of("id", "note", "city", op=True), SMALL))
    assert len(blocks) > 1
    assert b"".join(block.data for block in blocks) == data


def test_a_bad_record_keeps_its_bytes() -> None:
    """Quarantine gets number and bytes as they stand in the file, without the line end."""
    data = b'h1,h2\r\n1,a\r\n2,"x\0\xe4"y\r\n3\n4,d'
    blocks = read_blocks([data], dialect_of("h1", "h2", header=True))
    assert [bad for block in blocks for bad in block.bad] == [
        BadRecord(2, b'2,"x\0\xe4"y', TEXT_AFTER_QUOTE),
        BadRecord(3, b"3", "1 cell where 2 are expected"),
    ]


@pytest.mark.parametrize(("nul", "counted"), [("replace", 3), ("strip", 3), ("quarantine", 0)])
def test_nuls_of_good_records_are_counted(nul: str, counted: int) -> None:
    """A block says how many NULs it replaced or stripped; those of bad records stay as they are."""
    (block,) = read_blocks([b"1,\0a\0\n2\0\n\0,b\n"], dialect_of("a", "b", nul=nul))
    assert block.nuls == counted
    assert b"\0" not in block.data


def test_nothing_of_a_bad_record_is_left_in_its_place() -> None:
    """COPY gets NULLs for a bad record even where it would be the end of all data."""
    (block,) = read_blocks([b"\\\0.\n2\n"], dialect_of("a", nul="quarantine"))
    assert block.data == b"\n2\n"


def test_a_record_has_number_bytes_and_cells() -> None:
    """The second reading gives just the wanted records, with their bytes as they stand in the file."""
    data = b'a,b\n1,x\n2,"\0"\r\nbad\n4,\n'
    assert list(read_records([data], dialect_of("a", "b", header=True), [2, 4], SMALL)) == [
        Record(2, b'2,"\0"', ("2", "\ufffd")),
        Record(4, b"4,", ("4", None)),
    ]


def test_the_second_reading_ends_with_the_last_wanted_record() -> None:
    """What comes after the last wanted record is not fetched."""
    chunks = iter([b"1\n" * 100] * 10)
    assert [record.number for record in read_records(chunks, ONE, [7], SMALL)] == [7]
    assert len(list(chunks)) > 5


@pytest.mark.parametrize(
    ("wanted", "message"), [([2], "Record 2 is bad: 2 cells where 1 are expected"), ([1, 4], "no record 4")]
)
def test_a_wanted_record_that_cannot_be_given_is_an_error(wanted: list[int], message: str) -> None:
    """Asking for a bad or absent record means that the object is not what it was."""
    with pytest.raises(LakeError, match=message):
        list(read_records([b"1\n2,2\n3\n"], ONE, wanted))


def test_an_open_quote_does_not_swallow_the_stream() -> None:
    """After `max_record` bytes the open quote is given up, and the lines behind it are read."""
    taken: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for chunk in [b'1,"open\n', *[b"2,x\n" * 10] * 1000]:
            taken.append(chunk)
            yield chunk

    blocks = read_blocks(chunks(), dialect_of("a", "b"), Limits(max_record=1000, window=64))
    first = next(blocks)
    assert first.bad == (BadRecord(1, b'1,"open', "no end within 1000 bytes"),)
    assert sum(map(len, taken)) < 2000
    assert first.records + sum(block.records for block in blocks) == 10_001


def test_a_record_larger_than_a_window_is_read() -> None:
    """A record may be much longer than a window, and the windows after it are small again."""
    note = 'said "x",\r\n\xe9' * 500
    data = f'1,"{note.replace(chr(34), chr(34) * 2)}"\n'.encode() + b"2,y\n" * 1000
    dialect = dialect_of("a", "b")
    assert outcomes(data, dialect, (100,), SMALL) == [("1", note)] + [("2", "y")] * 1000
    first, *others = read_blocks([data], dialect, SMALL)
    assert len(first.data) > len(note)
    assert max(len(block.data) for block in others) <= SMALL.window


@pytest.mark.parametrize("quoting", ["rfc4180", "none"])
@pytest.mark.parametrize("data", [b"x" * 1001, b"1\n" + b"x" * 5000 + b"\n", b'"' + b"x" * 5000])
def test_bytes_without_line_ends_are_no_records(data: bytes, quoting: str) -> None:
    """A file without a line end in `max_record` bytes fails, for nothing says where a record ends."""
    with pytest.raises(LakeError, match="No line end within 1000 bytes"):
        list(read_blocks(in_chunks(data, (64,)), dialect_of("a", quoting=quoting), Limits(1000, 64)))


def test_the_longest_record_is_still_good() -> None:
    """A record may have `max_record` bytes, its line end included, and not one more."""
    data = b'"x\nx\nx\n"\n'
    assert outcomes(data, ONE, (1,), Limits(max_record=len(data), window=4)) == [("x\nx\nx\n",)]
    shorter = outcomes(data, ONE, (1,), Limits(max_record=len(data) - 1, window=4))
    assert shorter[0] == f"no end within {len(data) - 1} bytes"
