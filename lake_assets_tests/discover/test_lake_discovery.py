"""Proves `discover.lake_discovery`: whole sources, catalogs that are there already, and what is reported."""

from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from lake_assets.discover.cells.column_profile import MARKERS
from lake_assets.discover.lake_discovery import discover
from lake_assets.discover.preferences import Preferences
from lake_assets.exceptions import CatalogError, ConfigurationError
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour
from lake_assets_tests.discover.conftest import CHANGES, FULL, LATER, Unknown

ORDERS = dedent(
    """\
    # Ours.
    source: shop
    start: 2018-09-06T00   # the first hour
    tables:
      orders:   # by hand
        expect: sparse
        columns: {id: bigint, note: text}
      # the end of the tables

    # about files
    files:
      delimiter: ","
    """
)


def write(unknown: Unknown, text: str) -> None:
    """Write the catalog file of shop."""
    unknown.folder.mkdir(exist_ok=True)
    (unknown.folder / "shop.yaml").write_bytes(text.encode())


def test_each_folder_becomes_a_source(unknown: Unknown) -> None:
    """Each first-level folder becomes a file; folders with odd names become plain ones with `from`."""
    unknown.put("1,a\n", f"web shop/Orders (2018)/{FULL}")
    unknown.put("1,a\n", f"erp/orders/{FULL}")
    unknown.discover()
    loads = unknown.load()

    written = ["catalog.schema.json", "erp.yaml", "web_shop.yaml"]
    assert sorted(path.name for path in unknown.folder.iterdir()) == written
    assert unknown.text("erp").startswith("# yaml-language-server: $schema=catalog.schema.json\n")
    table = unknown.table("web_shop.Orders_2018")
    assert (table.source_folder, table.folder) == ("web shop", "Orders (2018)")
    assert [load.state for load in loads] == ["loaded", "loaded"]


def test_names_that_collide_are_told_apart(unknown: Unknown) -> None:
    """Tables whose folders would have one name, also in Dagster, get names of their own."""
    for folder in ("a/b__c", "a__b/c", "shop/x y", "shop/x-y"):
        unknown.put("1,a\n", f"{folder}/{FULL}")

    reports = unknown.discover()

    tables = [table for report in reports for table in report.tables]
    assert len(tables) == len({table.replace(".", "__") for table in tables}) == 4
    assert {"shop.x_y", "shop.x_y_2"} <= set(tables)


def test_one_source_can_be_chosen(unknown: Unknown) -> None:
    """With names, only those sources are described."""
    unknown.put("1,a\n", f"erp/orders/{FULL}")
    unknown.put("1,a\n")

    assert [report.source for report in unknown.discover("erp")] == ["erp"]


def test_an_unknown_source_is_refused(unknown: Unknown) -> None:
    """A source that the lake has not is named, with those it has."""
    unknown.put("1,a\n")

    with pytest.raises(ConfigurationError, match=r"no folder 'erp'. It has shop"):
        unknown.discover("erp")


def test_running_again_changes_nothing(unknown: Unknown) -> None:
    """A second run finds every table described, and leaves the files as they are."""
    unknown.put("id,note\n1,a\n")
    unknown.discover()
    before = unknown.text()
    (report,) = unknown.discover()

    assert (unknown.text(), report.path, report.needs_attention) == (before, None, False)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_new_tables_go_behind_those_that_are_there(unknown: Unknown, line_end: str) -> None:
    """A catalog file that people wrote keeps every byte, and gets the new tables at the end of its tables."""
    text = ORDERS.replace("\n", line_end)
    write(unknown, text)
    unknown.put("1,a\n")
    unknown.put("1,a\n", f"shop/returns/{FULL}")
    (report,) = unknown.discover()
    after = (unknown.folder / "shop.yaml").read_bytes().decode()

    head, tail = text.split(f"{line_end}{line_end}# about")
    assert after.startswith(head + line_end + f"  returns:{line_end}")
    assert after.endswith(f"{line_end}{line_end}# about{tail}")
    assert report.tables == ["shop.returns"]
    assert {load.state for load in unknown.load()} == {"loaded"}


def test_the_options_that_are_there_hold_for_new_tables(unknown: Unknown) -> None:
    """New tables of a source that is described are read with the delimiter its file has."""
    write(unknown, ORDERS.replace('","', '";"'))
    unknown.put("1;a\n")
    unknown.put("1;a,b\n", f"shop/returns/{FULL}")
    unknown.discover()

    assert unknown.types("shop.returns") == {"column_1": "bigint", "column_2": "text"}


def test_a_new_table_that_clearly_differs_gets_options_of_its_own(unknown: Unknown) -> None:
    """The options that are there stay, and a table that they cannot read gets `files` of its own."""
    write(unknown, ORDERS.replace('","', '";"'))
    unknown.put("1;a\n")
    unknown.put("id|town|n\n1|Málaga|NULL\n2|Cádiz|5\n".encode("latin-1"), f"shop/returns/{FULL}")
    unknown.discover()
    unknown.load()

    assert unknown.rows("shop.returns") == [(1, "Málaga", None), (2, "Cádiz", 5)]
    assert unknown.table().files.delimiter == ";"


def test_a_new_table_that_the_options_cannot_read_is_left_out(unknown: Unknown) -> None:
    """One that is no UTF-16 in a source of UTF-16 is reported, and costs the other new table nothing."""
    write(
        unknown,
        "source: shop\nstart: 2018-09-06\nfiles: {encoding: utf-16}\ntables:\n"
        "  orders: {columns: {id: bigint}}\n",
    )
    unknown.put("1\n".encode("utf-16"))
    unknown.put("1,a\n2,b\n", f"shop/plain/{FULL}")
    unknown.put("1,a\n2,b\n".encode("utf-16"), f"shop/returns/{FULL}")
    (report,) = unknown.discover()

    assert report.tables == ["shop.returns"]
    assert any("plain" in said and "UTF-16" in said for said in report.left_out)


def test_a_file_that_cannot_be_added_to_is_left_alone(unknown: Unknown) -> None:
    """Tables in flow style cannot be added to for sure: they stand in a file beside it, and it is said."""
    text = "source: shop\nstart: 2018-09-06\ntables: {orders: {columns: {id: bigint, note: text}}}\n"
    write(unknown, text)
    unknown.put("1,a\n")
    unknown.put("1,a\n", f"shop/returns/{FULL}")
    (report,) = unknown.discover()

    assert unknown.text() == text
    assert "returns:" in (unknown.folder / "shop.discovered.yaml.txt").read_text()
    assert report.needs_attention


def test_drift_is_shown_and_not_written(unknown: Unknown) -> None:
    """A type that no longer holds and a column that is new are shown as a diff; the file stays as it is."""
    write(unknown, ORDERS)
    unknown.put("1,a\n", f"shop/orders/{CHANGES}")
    unknown.put("A7,b,2018-09-06\n", f"shop/orders/{LATER}")
    (report,) = unknown.discover()

    assert unknown.text() == ORDERS
    assert "-    columns: {id: bigint, note: text}" in report.drift
    assert "+    columns: {id: text, note: text, column_3: date}" in report.drift
    assert any("'A7' at record 1" in note for note in report.notes)


def test_drift_of_columns_in_block_style_is_shown(unknown: Unknown) -> None:
    """Each column that differs is a line of the diff."""
    unknown.put("id,note\n1,a\n", f"shop/orders/{CHANGES}")
    unknown.discover()
    unknown.put("id,note,at\nx1,b,2018-09-06\n", f"shop/orders/{LATER}")
    (report,) = unknown.discover()

    changed = [line[:20].rstrip() for line in report.drift.splitlines() if line[:1] in "+-"][2:]
    assert changed == ["-      id: bigint", "+      id: text", "+      at: date"]


def test_types_that_people_chose_are_no_drift(unknown: Unknown) -> None:
    """A type that PostgreSQL can cast the cells to holds, though discovery would have chosen another."""
    text = ORDERS.replace(
        "id: bigint, note: text",
        "id: integer, a: 'numeric(12,2)', t: timestamptz, n: varchar(9), b: boolean, z: int",
    )
    write(unknown, text)
    unknown.put("1,2.5,2018-09-06 10:00:00,xyz,1,007\n2,,2018-09-06,,0,+5\n")
    (report,) = unknown.discover()

    assert report.drift == ""


def test_a_catalog_with_faults_is_not_touched(unknown: Unknown) -> None:
    """Faults of the catalog are shown first; nothing is written."""
    write(unknown, ORDERS.replace("bigint", "big int!"))
    unknown.put("1,a\n")

    with pytest.raises(CatalogError):
        unknown.discover()


def test_strangers_are_reported(unknown: Unknown) -> None:
    """Files that are not loaded, and tables of which nothing can be, are said, each with the reason."""
    unknown.put("1,a\n")
    unknown.put("{}", "shop/orders/x.jsonl")
    unknown.put("", f"shop/nothing/{FULL}")
    unknown.put(b"\x1f\x8b broken", f"shop/broken/{FULL}")
    unknown.put(b"PK\x03\x04\x14\0\0\0", f"shop/zipped/{FULL}")
    (report,) = unknown.discover()

    said = "\n".join(report.left_out)
    assert f"shop/zipped/{FULL}: This is zip by its first bytes" in said
    assert "shop/zipped: no file that can be read, so its columns are unknown" in said
    assert "shop/orders/x.jsonl: 'x.jsonl' is none of the names that DMS gives" in said
    assert "shop/nothing: 1 empty file, so its columns are unknown" in said
    assert f"shop/broken/{FULL}: The gzip data is damaged" in said
    assert report.tables == ["shop.orders"]


def test_full_loads_alone_are_a_snapshot(unknown: Unknown) -> None:
    """Where a source has full loads only, in one hour, a new full load replaces the table."""
    unknown.describe("1,a\n")

    assert unknown.table().load == "snapshot"


def test_a_quiet_table_beside_changes_is_no_snapshot(unknown: Unknown) -> None:
    """Where other tables have changes, a full load is only the beginning of a table."""
    unknown.put("1,a\n", f"shop/other/{CHANGES}")
    unknown.describe("1,a\n")

    assert unknown.table().load == "append"


def test_columns_are_spelled_for_sql(unknown: Unknown) -> None:
    """Names of files become snake_case, those that collide are told apart, and all load what they name."""
    unknown.put("id,ID,Order #,CustomerName,Größe,2018\n1,2,3,Ann,5,x\n2,3,4,Bo,6,y\n")
    unknown.discover()
    unknown.load()

    names = ["id", "id_2", "order_no", "customer_name", "grosse", "column_2018"]
    assert list(unknown.types()) == names
    assert unknown.rows()[0] == (1, 2, 3, "Ann", 5, "x")
    assert "# whole numbers; id is 'id'" in unknown.text()


def test_columns_may_keep_their_names(unknown: Unknown) -> None:
    """Where a person asks for it, columns are called as their files call them."""
    unknown.put("id,Order #\n1,2\n2,3\n")
    discover(unknown.lake, unknown.folder, preferences=Preferences(keep_names=True))

    assert list(unknown.types()) == ["id", "Order #"]


def test_what_means_null_is_told_by_what_stands_beside_it(unknown: Unknown) -> None:
    """Each marker is found among numbers, or beside itself in quotes; a word among texts is one."""
    for number, marker in enumerate(MARKERS):
        unknown.put(f"1,{marker}\n2,5\n", f"numbers{number}/t/{FULL}")
    unknown.put('1,NULL\n2,"NULL"\n3,x\n', f"quoted/t/{FULL}")
    unknown.put("1,null\n2,x\n", f"word/t/{FULL}")
    unknown.put('1,null\n2,"{""a"":1}"\n', f"json/t/{FULL}")
    reports = {report.source: report for report in unknown.discover()}
    loads = unknown.load()

    assert [unknown.table(f"numbers{number}.t").files.null for number in range(len(MARKERS))] == list(MARKERS)
    found = [unknown.table(f"{source}.t").files.null for source in ("quoted", "word", "json")]
    assert found == ["NULL", "", ""]
    assert {load.state for load in loads} == {"loaded"}
    assert unknown.rows("numbers1.t") == [(1, None), (2, 5)]
    assert unknown.rows("quoted.t") == [(1, None), (2, "NULL"), (3, "x")]
    said = (
        "quoted/t: NULL without quotes means NULL: 1 column holds it without quotes, and in quotes as a text"
    )
    assert said in reports["quoted"].notes


def test_the_source_starts_with_its_first_file(unknown: Unknown) -> None:
    """`start` is the hour of the oldest file of any table."""
    unknown.put("1,a\n", f"shop/other/{CHANGES}")
    unknown.describe("1,a\n", f"shop/orders/{LATER}")

    assert "start: 2018-09-06T10\n" in unknown.text()


def put_hours(unknown: Unknown, first: datetime, hours: int) -> None:
    """Write a file for each of some hours."""
    for number in range(hours):
        unknown.put(f"{number},a\n", f"shop/orders/{first + number * ONE_HOUR:%Y%m%d-%H}1530123.csv")


def test_a_table_with_files_in_every_hour_is_hourly(unknown: Unknown) -> None:
    """Three hours of files without a gap, up to now, let each hour be expected."""
    put_hours(unknown, floor_hour(datetime.now(UTC)) - timedelta(hours=3), 3)
    unknown.discover()

    assert unknown.table().expect == "hourly"
    assert "# each of the 3 hours from the first to the last has files" in unknown.text()


def test_a_table_of_old_hours_is_sparse(unknown: Unknown) -> None:
    """Hours of long ago do not make every hour since then a missing one; the comment says what was seen."""
    first = datetime(2018, 9, 6, tzinfo=UTC)
    put_hours(unknown, first, 30)
    unknown.discover()

    assert unknown.table().expect == "sparse"
    seen = "each of the 30 hours from the first to the last has files"
    assert f"{seen}, and none after {format_hour(first + 29 * ONE_HOUR)}" in unknown.text()


def test_columns_named_like_ours_hide_no_header(unknown: Unknown) -> None:
    """Cells that read like the names discovery gives are cells."""
    unknown.describe("1,column_2\n2,column_1\n")
    unknown.load()

    assert list(unknown.types()) == ["field_1", "field_2"]
    assert unknown.rows() == [(1, "column_2"), (2, "column_1")]


def test_what_no_load_will_bring_is_said(unknown: Unknown) -> None:
    """A table without one good record is described, and needs attention."""
    unknown.put("1,a\n")
    unknown.put(b"\xff\n", f"shop/latin/{FULL}")
    (report,) = unknown.discover()

    assert report.left_out == ["shop/latin: 1 of 1 records are bad (bytes that are not utf-8)"]


def test_files_before_the_start_are_said(unknown: Unknown) -> None:
    """A new table whose files are older than the source's `start` would not be loaded from its beginning."""
    write(unknown, ORDERS.replace("2018-09-06T00", "2018-09-06T11"))
    unknown.put("1,a\n", f"shop/returns/{CHANGES}")
    (report,) = unknown.discover()

    assert [line.split(",")[0] for line in report.left_out] == [
        "shop/returns has 1 file before 2018-09-06T11"
    ]
