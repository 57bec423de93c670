"""Proves that `discover` tells headers, Op columns and widths from the files, as the loader will."""

from collections.abc import Sequence

import pytest

from lake_assets.discover.infer.columns import PLACE_STEMS
from lake_assets_tests.discover.conftest import CHANGES, FULL, LATER, Unknown


def names(unknown: Unknown, table: str = "shop.orders") -> list[str]:
    """Give the names of a table's columns."""
    return list(unknown.types(table))


def test_a_header_names_the_columns(unknown: Unknown) -> None:
    """A first record unlike the cells below it names the columns, and is not loaded as a row."""
    unknown.describe("id,amount\n1,2.50\n")
    unknown.load()

    assert names(unknown) == ["id", "amount"]
    assert len(unknown.rows()) == 1


def test_a_first_record_like_the_others_is_data(unknown: Unknown) -> None:
    """A first record like the cells below it is a row, and columns get names from their places."""
    unknown.describe("1,a\n2,b\n")
    unknown.load()

    assert unknown.rows() == [(1, "a"), (2, "b")]


def test_texts_alone_are_no_header(unknown: Unknown) -> None:
    """Where nothing tells the first record from those below, no record is given away."""
    unknown.describe("alice,paris\nbob,rome\n")
    unknown.load()

    assert unknown.rows() == [("alice", "paris"), ("bob", "rome")]


def test_a_record_that_all_files_begin_with_is_a_header(unknown: Unknown) -> None:
    """A header among texts is told by its coming again in each file."""
    unknown.put("person,town\nalice,paris\n", f"shop/orders/{CHANGES}")
    unknown.describe("person,town\nbob,rome\n", f"shop/orders/{LATER}")
    unknown.load()

    assert names(unknown) == ["person", "town"]
    assert len(unknown.rows()) == 2


@pytest.mark.parametrize("cells", ["-.774,.5", "1e5,2E-3", "TRUE,False"])
def test_words_above_numbers_that_stay_text_are_a_header(unknown: Unknown, cells: str) -> None:
    """A header is told above numbers and truth values that no type gives back as they are written."""
    unknown.describe(f"blorp7,frob9\n{cells}\n")
    unknown.load()

    assert names(unknown) == ["blorp7", "frob9"]
    assert unknown.rows() == [tuple(cells.split(","))]


def test_a_file_of_nothing_but_a_header_has_no_rows(unknown: Unknown) -> None:
    """A first record of names as programs write them is a header, though nothing stands below it."""
    unknown.describe("item_id,ss_item_rev,average\n")

    assert names(unknown) == ["item_id", "ss_item_rev", "average"]


def test_a_word_above_numbers_outweighs_letters_that_come_again(unknown: Unknown) -> None:
    """Columns a, b and c are a header above 1, b and c."""
    unknown.describe("a,b,c\n1,b,c\n2,b,c\n")

    assert names(unknown) == ["a", "b", "c"]


def test_ten_tables_with_a_header_speak_for_one_of_unusual_names(unknown: Unknown) -> None:
    """Where many tables of a source have a header, one of texts with unusual names has one too."""
    for number in range(10):
        unknown.put("id,n\n1,2\n", f"shop/t{number}/{FULL}")
    unknown.describe("blorp,frob\nalice,paris\n")

    assert names(unknown) == ["blorp", "frob"]


def test_a_copy_of_a_file_proves_no_header(unknown: Unknown) -> None:
    """Two files that are the same, byte by byte, say no more than one of them."""
    unknown.put("alice,paris\nbob,rome\n", f"shop/orders/{CHANGES}")
    unknown.describe("alice,paris\nbob,rome\n", f"shop/orders/{LATER}")

    assert names(unknown) == ["column_1", "column_2"]


def test_other_tables_speak_for_one_that_says_nothing(unknown: Unknown) -> None:
    """A table of texts has a header where the other tables of its source have one."""
    unknown.put("id,n\n1,2\n", f"shop/a/{FULL}")
    unknown.put("id,n\n1,2\n", f"shop/b/{FULL}")
    unknown.describe("person,town\nalice,paris\n")

    assert names(unknown) == ["person", "town"]


def test_one_file_without_the_header_is_loaded_too(unknown: Unknown) -> None:
    """A header in some files and none in others: the loader tells them apart, and no row is lost."""
    unknown.put("id,town\n1,paris\n")
    unknown.describe("2,rome\n3,bonn\n", f"shop/orders/{CHANGES}")
    unknown.load()

    assert sorted(unknown.rows()) == [(1, "paris"), (2, "rome"), (3, "bonn")]


def test_a_header_that_repeats_names_is_told_by_places(unknown: Unknown) -> None:
    """Repeated and empty names get names of their own, and each column its own cells."""
    unknown.describe("a,a,,b\n1,2,3,4\n")
    unknown.load()

    assert names(unknown) == ["a", "a_2", "column_3", "b"]
    assert unknown.rows() == [(1, 2, 3, 4)]


def test_a_header_in_another_order_is_followed(unknown: Unknown) -> None:
    """Files whose headers name the same columns in another order are read by name."""
    unknown.put("id,town\n1,paris\n")
    unknown.describe("town,id,extra\nrome,2,x\n", f"shop/orders/{CHANGES}")
    unknown.load()

    rows = [dict(zip(names(unknown), row, strict=True)) for row in unknown.rows()]
    assert sorted(rows, key=lambda row: row["id"]) == [
        {"id": 1, "town": "paris", "extra": None},
        {"id": 2, "town": "rome", "extra": "x"},
    ]


@pytest.mark.parametrize("header", ["", "Op,id,town\n"])
def test_op_is_left_out(unknown: Unknown, header: str) -> None:
    """DMS's Op column is no column of the table, with a header or without."""
    unknown.describe(f"{header}I,1,paris\nI,2,rome\n", f"shop/orders/{CHANGES}")
    unknown.load()

    assert unknown.rows() == [(1, "paris"), (2, "rome")]


def test_full_load_and_changes_differ_in_width(unknown: Unknown) -> None:
    """A full load without Op and changes with it make one table."""
    unknown.put("1,paris\n2,rome\n")
    unknown.describe("I,3,bonn\n", f"shop/orders/{CHANGES}")
    unknown.load()

    assert sorted(unknown.rows()) == [(1, "paris"), (2, "rome"), (3, "bonn")]


def test_letters_in_a_full_load_of_the_same_width_are_data(unknown: Unknown) -> None:
    """A first column of I, U and D is data where the full load has one of other values."""
    unknown.put("X,1\nI,2\n")
    unknown.describe("I,3\nI,4\n", f"shop/orders/{CHANGES}")
    unknown.load()

    assert sorted(unknown.rows()) == [("I", 2), ("I", 3), ("I", 4), ("X", 1)]


def test_updates_are_announced(unknown: Unknown) -> None:
    """Updates and deletes go to quarantine in this version, and the catalog says so."""
    unknown.describe("I,1,a\nU,1,b\nD,1,b\n", f"shop/orders/{CHANGES}")

    assert "load: append                  # updates and deletes (2 so far) go to quarantine" in unknown.text()


def test_a_column_that_comes_later_is_named(unknown: Unknown) -> None:
    """Files that are wider than others belong to a table that got a column."""
    unknown.put("1,a\n2,b\n", f"shop/orders/{CHANGES}")
    unknown.describe("3,c,2018-09-06\n", f"shop/orders/{LATER}")
    unknown.load()

    assert unknown.types()["column_3"] == "date"
    assert len(unknown.rows()) == 3


def test_a_header_of_another_width_is_not_believed(unknown: Unknown) -> None:
    """Where DMS writes a header that is shifted by one, the rows are loaded and the header is quarantined."""
    unknown.describe(",id,town\n1,paris\n2,rome\n")
    unknown.load()

    assert unknown.rows() == [(1, "paris"), (2, "rome")]


def test_other_files_speak_against_a_header(unknown: Unknown) -> None:
    """A text above numbers is a cell where another file has such a text below its first record."""
    unknown.put("abc\n5\n", f"shop/orders/{CHANGES}")
    unknown.describe("7\ndef\n", f"shop/orders/{LATER}")
    unknown.load()

    assert sorted(unknown.rows()) == [("5",), ("7",), ("abc",), ("def",)]


def test_years_may_name_columns(unknown: Unknown) -> None:
    """Years above figures are names where the source's other tables have headers."""
    unknown.put("id,n\n1,2\n", f"shop/a/{FULL}")
    unknown.describe("country,2017,2018\nSpain,1.5,2.5\n")

    assert names(unknown) == ["country", "column_2017", "column_2018"]


def test_one_column_of_texts_keeps_its_first_row(unknown: Unknown) -> None:
    """In doubt a first record is a row: tables with headers say nothing of a list of words beside them."""
    for name in ("a", "b", "c"):
        unknown.put("id,n\n1,2\n", f"shop/{name}/{FULL}")
    unknown.describe("alpha\nbravo\n")
    unknown.load()

    assert unknown.rows() == [("alpha",), ("bravo",)]


def test_the_header_is_said_outright_where_the_loader_would_err(unknown: Unknown) -> None:
    """Where a first record of cells reads like columns of the catalog, `header: false` keeps it a row."""
    others = (f"{stem}_{place}" for place, stem in enumerate(PLACE_STEMS[1:], 9))
    first = [*(f"column_{place}" for place in range(1, 9)), *others]
    unknown.describe(f"{','.join(first)}\n{','.join([*first[:-1], 'x'])}\n")
    unknown.load()

    assert "header: false" in unknown.text()
    assert len(unknown.rows()) == 2


HEADS = {
    "first": ["id", "firstname", "city", "amount"],
    "more": ["id", "firstname", "city", "amount", "note"],
    "less": ["id", "firstname", "amount"],
    "other order": ["amount", "city", "id", "firstname"],
    "upper case": ["ID", "FIRSTNAME", "CITY", "AMOUNT"],
    "renamed": ["id", "firstname", "town", "amount"],
}


def write_heads(unknown: Unknown, table: str, heads: Sequence[Sequence[str]], *, texts: bool) -> None:
    """Write a file for each header; every cell names its column, with a number where not all are texts."""
    for number, head in enumerate(heads):
        lines = [",".join(head)]
        for row in (1, 2):
            cells = [f"{name.lower()} of {number}{row}" for name in head]
            if not texts:
                cells = [cell.replace("amount of ", "1").replace("id of ", "1") for cell in cells]
            lines.append(",".join(cells))
        unknown.put("\n".join(lines) + "\n", f"shop/{table}/20180906-{10 + number}1530123.csv")


def test_headers_of_one_table_are_judged_together(unknown: Unknown) -> None:
    """One column more or less, another order, upper case, a new name: all are headers of one table."""
    heads_of = list(HEADS.values())
    tables = {f"t{turn}": (heads_of[turn:] + heads_of[:turn])[: 2 + turn % 5] for turn in range(6)}
    for number, (table, heads) in enumerate(tables.items()):
        write_heads(unknown, table, heads, texts=number % 2 == 0)

    unknown.discover()
    reports = unknown.load()

    assert {report.state for report in reports} == {"loaded"}
    for table, heads in tables.items():
        columns = names(unknown, f"shop.{table}")
        assert {name.lower() for name in columns} == {name.lower() for head in heads for name in head}
        rows = unknown.rows(f"shop.{table}")
        assert len(rows) == 2 * len(heads)
        for row in rows:
            told = {
                name.lower(): cell for name, cell in zip(columns, row, strict=True) if isinstance(cell, str)
            }
            assert all(cell.startswith(name) for name, cell in told.items()), table


def test_many_names_unlike_the_cells_below_outvote_a_word(unknown: Unknown) -> None:
    """Words of SQL above numbers are a header, `null` and `true` among them; above texts they are a row."""
    unknown.put("select,FROM,where,null,true\n1,2,3,4,5\n", f"shop/words/{FULL}")
    unknown.put("ada,null,null,paris\n1,2,3,rome\n", f"shop/row/{FULL}")
    unknown.put("ada,paris,null\nbob,rome,5\n", f"shop/other/{FULL}")
    unknown.discover()

    assert names(unknown, "shop.words") == ["select", "from", "where", "null", "true"]
    assert names(unknown, "shop.row") == [f"column_{place}" for place in range(1, 5)]
    assert names(unknown, "shop.other") == ["column_1", "column_2", "column_3"]


def test_rows_that_share_words_are_no_headers(unknown: Unknown) -> None:
    """First records of the same words are rows where they come again, or where one stands for another."""
    unknown.put("yes,no,maybe\nno,yes,maybe\n", f"shop/again/{CHANGES}")
    unknown.put("no,maybe,yes\nyes,maybe,no\nmaybe,no,yes\n", f"shop/again/{LATER}")
    unknown.put("ada,info,started\nbob,warn,stopped\n", f"shop/instead/{CHANGES}")
    unknown.put("eve,info,started\n", f"shop/instead/{LATER}")
    unknown.put("on,off\n", f"shop/alone/{CHANGES}")
    unknown.put("off,on\n", f"shop/alone/{LATER}")
    unknown.discover()
    unknown.load()

    assert len(unknown.rows("shop.alone")) == 2
    assert len(unknown.rows("shop.again")) == 5
    assert len(unknown.rows("shop.instead")) == 3


def test_a_file_of_which_nobody_knows_whether_it_has_a_header_is_told(unknown: Unknown) -> None:
    """Beside files with a header a file of texts without one is left out, and no row is lost in silence."""
    for key in (FULL, CHANGES, LATER):
        unknown.put(f"id,town\n{len(key)}1,paris\n", f"shop/orders/{key}")
    unknown.put("rome,bonn\n", "shop/orders/20180906-121530123.csv")
    (report,) = unknown.discover()

    assert (
        "20180906-121530123.csv will not load: its first record is no header, and other files have one"
        in " ".join(report.left_out)
    )
    assert [report.state for report in unknown.load()].count("failed") == 1
