"""Proves that a cell of text arrives as it is in the file, whatever it holds, wherever it stands."""

import gzip
from collections.abc import Callable

import pytest

from lake_assets.readers.csv_scanner import BARE_CR
from lake_assets.readers.csv_walker import STRAY_QUOTE, TEXT_AFTER_QUOTE, UNCLOSED
from lake_assets_tests.fix_bench import Bench
from lake_assets_tests.load.naughty import naughty_strings

THREE = dict.fromkeys(["a", "b", "c"], "text")
Cells = tuple[str | None, ...]


def rows_of(strings: list[str]) -> list[tuple[str, str, str]]:
    """Put every string into the first, the middle and the last cell of some record."""
    return list(zip(strings, strings[1:] + strings[:1], strings[2:] + strings[:2], strict=True))


def quoted(cell: str) -> str:
    """Write a cell in quotes."""
    return '"' + cell.replace('"', '""') + '"'


def bare(cell: str) -> str:
    """Write a cell as DMS does, in quotes only where it must be."""
    return quoted(cell) if any(mark in cell for mark in '",\n\r') else cell


def null_if_empty(row: tuple[str, str, str]) -> Cells:
    """Say what bare cells become."""
    return tuple(cell or None for cell in row)


@pytest.mark.parametrize(("write", "becomes", "end"), [(quoted, tuple, "\r\n"), (bare, null_if_empty, "\n")])
def test_naughty_strings_arrive_as_they_are(
    any_bench: Bench,
    write: Callable[[str], str],
    becomes: Callable[[tuple[str, str, str]], Cells],
    end: str,
) -> None:
    """Every string of the published lists and of ours is the same text in main, quoted or bare."""
    rows = rows_of(naughty_strings())
    bench = any_bench.with_table(THREE, files={"header": False})
    bench.put("".join(",".join(map(write, row)) + end for row in rows))

    report = bench.load()

    assert (report.state, report.counts.records) == ("loaded", len(rows))
    assert bench.rows("a, b, c") == [becomes(row) for row in rows]
    assert bench.check(deep=True).passed


def test_naughty_strings_arrive_without_quoting(any_bench: Bench) -> None:
    """With `quoting: none` quotes and CRs are text; only delimiter and LF cannot be in a cell."""
    delimiter = "\t"
    sound = [cell for cell in naughty_strings() if not {delimiter, "\n"} & set(cell) and cell[-1:] != "\r"]
    rows = rows_of(sound)
    bench = any_bench.with_table(THREE, files={"quoting": "none", "delimiter": delimiter, "header": False})
    bench.put("".join(delimiter.join(row) + "\n" for row in rows))

    report = bench.load()

    assert report.state == "loaded"
    assert bench.rows("a, b, c") == [null_if_empty(row) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "gb18030"])
def test_naughty_strings_arrive_from_every_encoding(bench: Bench, encoding: str) -> None:
    """Whatever the encoding can say arrives, packed in several members or not."""
    packed = encoding.startswith("utf-16")
    sound = [cell for cell in naughty_strings() if writable(cell, encoding)]
    rows = rows_of(sound)
    there = bench.with_table(THREE, files={"encoding": encoding, "header": False})
    data = "".join(",".join(map(quoted, row)) + "\r\n" for row in rows).encode(encoding)
    there.put(
        b"".join(gzip.compress(data[at : at + 9999]) for at in range(0, len(data), 9999)) if packed else data
    )

    report = there.load()

    assert report.state == "loaded"
    assert there.rows("a, b, c") == rows
    assert there.check(deep=True).passed


def writable(cell: str, encoding: str) -> bool:
    """Tell whether an encoding has all the characters of a cell."""
    return cell.encode(encoding, "ignore").decode(encoding) == cell


def test_naughty_strings_of_one_column_arrive(any_bench: Bench) -> None:
    r"""A file of one column has traps of its own: blank lines, and `\.` alone."""
    strings = naughty_strings()
    bench = any_bench.with_table({"a": "text"}, files={"header": False})
    bench.put("".join(f"{bare(cell)}\n" for cell in strings))

    bench.load()

    assert bench.rows("a") == [(cell or None,) for cell in strings]


# One for each case of the fact sheet's table of golden bytes: the file, what the catalog says, main's rows,
# quarantine's reasons by record.
GOLDEN: dict[str, tuple[bytes, dict[str, str], list[Cells], dict[int, str]]] = {
    "stray quotes that could pair up": (
        b'1,5" pipe,z\n2,6" pipe,y\n3,ok,w\n',
        {},
        [("3", "ok", "w")],
        {1: STRAY_QUOTE, 2: STRAY_QUOTE},
    ),
    "empty cells, null is empty": (
        b'1,,""\n2,NULL,"NULL"\n',
        {},
        [("1", None, ""), ("2", "NULL", "NULL")],
        {},
    ),
    "empty cells, null is NULL": (
        b'1,,""\n2,NULL,"NULL"\n',
        {"null": "NULL"},
        [("1", "", ""), ("2", None, "NULL")],
        {},
    ),
    "a bare CR": (b"1,a\rb,c\n2,x,y\n", {}, [("2", "x", "y")], {1: BARE_CR}),
    "CR LF in quotes": (b'1,"a\r\nb",c\n2,x,y\n', {}, [("1", "a\r\nb", "c"), ("2", "x", "y")], {}),
    "a NUL, replaced": (b"1,a\0b,c\n2,x,y\n", {}, [("1", "a\ufffdb", "c"), ("2", "x", "y")], {}),
    "a NUL, stripped": (b"1,a\0b,c\n2,x,y\n", {"nul": "strip"}, [("1", "ab", "c"), ("2", "x", "y")], {}),
    "a NUL, quarantined": (b"1,a\0b,c\n2,x,y\n", {"nul": "quarantine"}, [("2", "x", "y")], {1: "a NUL byte"}),
    "an open quote": (b'1,"abc,c\n2,x,y\n', {}, [("2", "x", "y")], {1: UNCLOSED}),
    "a short record": (b"1,a,b\n2,x\n", {}, [("1", "a", "b")], {2: "2 cells where 3 are expected"}),
    "a long record": (
        b"1,a,b\n2,x,y,z\n3,p,q\n",
        {},
        [("1", "a", "b"), ("3", "p", "q")],
        {2: "4 cells where 3 are expected"},
    ),
    "text after a closing quote": (b'1,"a"b,c\n2,x,y\n', {}, [("2", "x", "y")], {1: TEXT_AFTER_QUOTE}),
    "a blank line inside": (
        b"1,a,b\n\n2,x,y\n",
        {},
        [("1", "a", "b"), ("2", "x", "y")],
        {},
    ),
    "an end-of-data mark": (b"1\n\\.\n3\n", {}, [("1",), ("\\.",), ("3",)], {}),
    "a byte order mark first": (b"\xef\xbb\xbf1,a,b\n", {}, [("1", "a", "b")], {}),
    "separators of Unicode": (
        "1,a\u2028b\x0bc,d\x1ce\n".encode(),
        {},
        [("1", "a\u2028b\x0bc", "d\x1ce")],
        {},
    ),
}


def test_golden_bytes_have_their_stated_outcome(any_bench: Bench) -> None:
    """Good records load with their values, bad ones are kept one by one, and the recount agrees."""
    for number, (case, (data, files, rows, bad)) in enumerate(GOLDEN.items()):
        names = ["one", "two", "three"][: len(rows[0])]
        bench = any_bench.with_table(dict.fromkeys(names, "text"), name=f"case{number}", files=files)
        key = bench.put(data)

        report = bench.load()

        assert report.state == ("quarantined" if bad else "loaded"), case
        assert bench.rows(", ".join(names)) == rows, case
        kept = bench.quarantine("record, reason, key")
        assert {record: reason for record, reason, file in kept if file == key} == bad, case
        counts = (len(rows) + len(bad), len(rows), len(bad), 0, 0)
        ours = f"FROM lake_assets.files WHERE key = '{key}'"
        assert bench.query(f"SELECT records, loaded, quarantined, superseded, filtered {ours}") == [counts]
        assert bench.check(deep=True).passed, case
