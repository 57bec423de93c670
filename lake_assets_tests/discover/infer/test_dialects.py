"""Proves that `discover` finds delimiter, quoting and NULL by all tables of a source."""

import pytest

from lake_assets_tests.discover.conftest import CHANGES, FULL, Unknown


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_evenly(unknown: Unknown, mark: str) -> None:
    """The delimiter that gives records as many cells each is the source's."""
    unknown.describe(f"1{mark}a, b; c\n2{mark}d\n3{mark}e | f\n")

    assert unknown.table().files.delimiter == mark


def test_decimal_commas_are_no_delimiters(unknown: Unknown) -> None:
    """In `1,5;2,6` the commas stand inside numbers."""
    unknown.describe("1,5;2,6\n3,7;4,8\n")
    unknown.load()

    assert unknown.rows() == [("1,5", "2,6"), ("3,7", "4,8")]


def test_a_table_may_differ_from_its_source(unknown: Unknown) -> None:
    """What most tables share stands at the source, and what one has otherwise at the table, with reasons."""
    for name in ("a", "b"):
        unknown.put("1|a\n2|b\n", f"shop/{name}/{FULL}")
    unknown.put("1,NULL\n2,3\n")
    (report,) = unknown.discover()
    unknown.load()

    assert not report.left_out
    lines = [" ".join(line.split()) for line in unknown.text().splitlines()]
    assert 'delimiter: "|" # so in 2 of 3 tables' in lines
    assert 'delimiter: "," # commas cut its records evenly' in lines
    assert unknown.table().files.null == "NULL"
    assert unknown.rows("shop.a") == [(1, "a"), (2, "b")]
    assert unknown.rows() == [(1, None), (2, 3)]


def test_the_word_null_is_believed_among_numbers(unknown: Unknown) -> None:
    """DMS's default is the word NULL; it is NULL where numbers have it and none is empty."""
    unknown.describe("1,NULL,\n2,5,x\n")
    unknown.load()

    assert unknown.table().files.null == "NULL"
    assert unknown.rows() == [(1, None, ""), (2, 5, "x")]


def test_the_word_null_among_texts_is_a_text(unknown: Unknown) -> None:
    """A wrong guess would lose text: nobody knows whether Mr Null is a person."""
    unknown.describe("1,NULL\n2,Smith\n")
    unknown.load()

    assert unknown.rows() == [(1, "NULL"), (2, "Smith")]


def test_empty_cells_among_numbers_speak_against_the_word(unknown: Unknown) -> None:
    """Where empty cells are NULL, the word is a text."""
    assert unknown.describe("1,NULL,7\n2,5,\n") == {
        "column_1": "bigint",
        "column_2": "text",
        "column_3": "bigint",
    }


def test_files_without_quoting_are_recognised(unknown: Unknown) -> None:
    """Quotes that only ever stand inside cells are ordinary characters (Rfc4180=false)."""
    unknown.describe("".join(f'{number},{number}" pipe\n' for number in range(20)), f"shop/orders/{CHANGES}")
    unknown.load()

    assert unknown.table().files.quoting == "none"
    assert unknown.rows()[1] == (1, '1" pipe')


def test_one_stray_quote_is_a_fault(unknown: Unknown) -> None:
    """A single broken record belongs in quarantine, and changes nothing for the source."""
    unknown.describe('1,5" pipe\n2,b\n3,c\n')

    assert unknown.table().files.quoting == "rfc4180"
