"""Proves `load.loader`: one table-hour, replaced in one transaction, every record accounted for."""

import gzip
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from lake_assets.exceptions import LoadError, WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets.load.loader import TableLoader
from lake_assets.load.outcome import failure_of
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench
from lake_assets_tests.load.formats import key, parquet_of

BROKEN = "1,10.50,2018-09-06 10:00:00,first\n2,1O2,2018-09-06 10:01:00,bad amount\n3,7,now-ish,bad time\n"


def test_a_file_becomes_typed_rows(any_bench: Bench) -> None:
    """Cells become values of the declared types, and each row says which record of which file it is."""
    any_bench.put(GOOD)

    report = any_bench.load_twice()

    at = datetime(2018, 9, 6, 10, tzinfo=UTC)
    assert report.state == "loaded"
    assert any_bench.rows("id, amount, placed_at, note, _lake_hour, _lake_record") == [
        (1, Decimal("10.50"), at, "first", HOUR, 1),
        (2, Decimal("20.00"), at + timedelta(minutes=1), None, HOUR, 2),
        (3, None, at + timedelta(minutes=2), "third", HOUR, 3),
    ]


def test_every_record_of_a_file_is_accounted_for(any_bench: Bench) -> None:
    """The ledger's figures for a file add up to the recount's."""
    any_bench.put(BROKEN)

    any_bench.load_twice()

    counts = "records, loaded, quarantined, superseded, filtered"
    assert any_bench.query(f"SELECT {counts} FROM lake_assets.files") == [(3, 1, 2, 0, 0)]


def test_a_value_that_does_not_cast_costs_its_record_alone(any_bench: Bench) -> None:
    """Bad values go to quarantine with column, value, SQLSTATE and bytes; the good record loads."""
    any_bench.put(BROKEN)

    report = any_bench.load_twice()

    assert report.state == "quarantined"
    assert any_bench.rows("id") == [(1,)]
    assert any_bench.quarantine() == [
        (2, "amount", "1O2", "22P02", b"2,1O2,2018-09-06 10:01:00,bad amount"),
        (3, "placed_at", "now-ish", "22007", b"3,7,now-ish,bad time"),
    ]


def test_a_record_that_is_not_well_formed_costs_itself_alone(any_bench: Bench) -> None:
    """A short record and a stray quote are set aside with their bytes; later records keep their numbers."""
    any_bench.put('1,1,2018-09-06,a\n2,2\n3,3,2018-09-06,5" pipe\n4,4,2018-09-06,"two\nlines"\n')

    any_bench.load_twice()

    assert any_bench.rows("id, note, _lake_record") == [(1, "a", 1), (4, "two\nlines", 4)]
    assert [row[0::4] for row in any_bench.quarantine()] == [(2, b"2,2"), (3, b'3,3,2018-09-06,5" pipe')]


def test_the_records_of_several_files_keep_their_files(any_bench: Bench) -> None:
    """Rows of an hour's files carry the ids of their own files, and their own record numbers."""
    first = any_bench.put("1,1,2018-09-06,a\n2,x,2018-09-06,b\n3,3,2018-09-06,c\n", number=1)
    second = any_bench.put("4,4,2018-09-06,d\n", number=2)

    any_bench.load_twice()

    query = (
        "SELECT f.key, o.id, o._lake_record FROM shop.orders o JOIN lake_assets.files f "
        "ON f.id = o._lake_file ORDER BY o.id"
    )
    assert any_bench.query(query) == [(first, 1, 1), (first, 3, 3), (second, 4, 1)]


def test_a_loaded_hour_keeps_its_file_ids(bench: Bench) -> None:
    """A file that is loaded again keeps its id in the ledger."""
    bench.put(GOOD)
    bench.load()
    before = bench.query("SELECT id FROM lake_assets.files")

    bench.load()

    assert bench.query("SELECT id FROM lake_assets.files") == before


def test_a_rewritten_file_replaces_its_rows(bench: Bench) -> None:
    """Loading an hour again gives what the lake has now, and only that."""
    bench.put(BROKEN)
    bench.load()
    bench.put("id,amount,placed_at,note\n9,9,2018-09-06,new\n")

    report = bench.load_twice()

    assert (report.state, bench.rows("id"), bench.quarantine()) == ("loaded", [(9,)], [])
    assert bench.check(deep=True).passed


def test_other_hours_stay_as_they_are(bench: Bench) -> None:
    """Loading one hour again touches no row of another."""
    bench.put("1,1,2018-09-06,a\n")
    bench.put("2,2,2018-09-06,b\n", HOUR + ONE_HOUR)
    bench.load()
    bench.load(HOUR + ONE_HOUR)
    bench.put("3,3,2018-09-06,c\n")

    bench.load_twice()

    assert bench.rows("id") == [(3,), (2,)]


def test_too_many_bad_records_leave_main_as_it_was(any_bench: Bench) -> None:
    """Above max_quarantined main keeps its rows, the state is failed, and what was wrong can be read."""
    any_bench.put(GOOD)
    any_bench.load()
    strict = any_bench.with_table(max_quarantined=1)
    strict.put(BROKEN)

    report = strict.load_twice()

    assert report.state == "failed"
    assert "2 of 3 records" in (report.error or "")
    assert strict.rows("id") == [(1,), (2,), (3,)]
    assert strict.quarantine("record, refused") == [(2, True), (3, True)]
    assert strict.state() == ("failed", 3, 3, 0)


def test_max_quarantined_may_be_a_fraction(bench: Bench) -> None:
    """A fraction is one of the hour's records."""
    strict = bench.with_table(max_quarantined=0.5)
    strict.put(BROKEN)

    assert strict.load().state == "failed"
    assert bench.with_table(max_quarantined=0.7).load().state == "quarantined"


def test_an_hour_without_one_good_record_fails(bench: Bench) -> None:
    """Without a limit, an hour in which nothing is good still fails, for then the catalog is wrong."""
    bench.put("a,b,c,d\ne,f,g,h\n")

    report = bench.load_twice()

    assert (report.state, bench.rows(), len(bench.quarantine())) == ("failed", [], 2)


def test_a_good_load_clears_what_a_refused_one_left(bench: Bench) -> None:
    """Once an hour loads, the records of its refused load are no longer in quarantine."""
    bench.put("a,b,c,d\n")
    bench.load()
    bench.put(GOOD)

    bench.load_twice()

    assert bench.quarantine() == []


def test_an_empty_cell_is_null_and_a_quoted_one_is_not(any_bench: Bench) -> None:
    """`null: ""` makes the bare empty cell NULL and leaves the quoted one an empty string."""
    any_bench.put('1,1,2018-09-06,\n2,2,2018-09-06,""\n3,3,2018-09-06,NULL\n')

    any_bench.load_twice()

    assert any_bench.rows("note") == [(None,), ("",), ("NULL",)]


def test_the_null_marker_of_the_catalog_is_obeyed(any_bench: Bench) -> None:
    """`null: "NULL"` makes the bare word NULL, and leaves empty cells and the quoted word text."""
    marked = any_bench.with_table(files={"null": "NULL"})
    marked.put('1,NULL,2018-09-06,\n2,2,2018-09-06,"NULL"\n3,3,NULL,NULL\n')

    marked.load_twice()

    assert marked.rows("note") == [("",), ("NULL",), (None,)]


def test_an_op_column_is_dropped_and_only_inserts_are_taken(any_bench: Bench) -> None:
    """In an append table records with another Op than I go to quarantine; files without it load beside."""
    any_bench.put("id,amount,placed_at,note\n9,9,2018-09-06,no Op here\n", number=1)
    any_bench.put(
        "Op,id,amount,placed_at,note\n"
        "I,1,1,2018-09-06,a\nU,1,2,2018-09-06,b\nD,1,2,2018-09-06,b\n,1,2,2018-09-06,lost its Op\n",
        number=2,
    )

    any_bench.load_twice()

    assert any_bench.rows("id") == [(9,), (1,)]
    assert any_bench.quarantine("record, column_name, value") == [
        (2, "Op", "U"),
        (3, "Op", "D"),
        (4, "Op", ""),
    ]


def test_a_header_names_the_columns_in_any_order(any_bench: Bench) -> None:
    """With a header, cells find their columns by name; the header is no record."""
    any_bench.put("note,id,placed_at,amount\nhello,1,2018-09-06,2.5\n")

    any_bench.load_twice()

    assert any_bench.rows("id, amount, note, _lake_record") == [(1, Decimal("2.50"), "hello", 1)]


def test_a_new_column_of_a_file_is_added_as_text(any_bench: Bench) -> None:
    """`new_columns: add` brings a column that only the file names into main, and says so."""
    any_bench.put("id,amount,placed_at,note,coupon\n1,1,2018-09-06,a,X7\n")

    report = any_bench.load_twice()

    assert any_bench.rows("id, coupon") == [(1, "X7")]
    assert "coupon" in (report.note or "")


def test_a_new_column_may_come_with_a_later_file(any_bench: Bench) -> None:
    """Files of one hour may have different columns; what a file has not is NULL."""
    any_bench.put("id,amount,placed_at,note\n1,1,2018-09-06,a\n", number=1)
    any_bench.put("id,coupon\n2,X7\n", number=2)

    report = any_bench.load_twice()

    assert any_bench.rows("id, note, coupon") == [(1, "a", None), (2, None, "X7")]
    assert "has no column amount, placed_at, note" in (report.note or "")


def test_a_header_that_names_no_column_is_refused(bench: Bench) -> None:
    """Under `header: true`, a header with none of the catalog's columns fails the hour: no made-up NULLs."""
    headed = bench.with_table(files={"header": True})
    headed.put("a,b,c,d\n1,1,2018-09-06,x\n")

    report = headed.load_twice()

    assert report.state == "failed"
    assert "its header a, b, c, d names none of the columns id, amount" in (report.error or "")


def test_a_new_column_may_be_ignored(any_bench: Bench) -> None:
    """`new_columns: ignore` leaves it out."""
    deaf = any_bench.with_table(new_columns="ignore")
    deaf.put("id,coupon,amount,placed_at,note\n1,X7,1,2018-09-06,a\n")

    deaf.load_twice()

    assert deaf.rows("id, note") == [(1, "a")]
    assert deaf.query("SELECT 1 FROM information_schema.columns WHERE column_name = 'coupon'") == []


def test_a_new_column_may_fail_the_load(bench: Bench) -> None:
    """`new_columns: fail` refuses the hour and names the column."""
    strict = bench.with_table(new_columns="fail")
    strict.put("id,amount,placed_at,note,coupon\n1,1,2018-09-06,a,X7\n")

    report = strict.load_twice()

    assert report.state == "failed"
    assert "coupon" in (report.error or "")


@pytest.mark.parametrize(
    ("declared", "cell", "value"),
    [
        ("boolean", "1", True),
        ("bytea", "00ff", b"\x00\xff"),
        ("bytea", "\\xCAFE", b"\xca\xfe"),
        ("varchar(3)", "abc", "abc"),
        ("jsonb", '"{""a"": [1]}"', {"a": [1]}),
        ("double precision", "+5.0656000000000000e+05", 506560.0),
        ("interval", "30:00:00", timedelta(hours=30)),
        ("text[]", '"{a,b}"', ["a", "b"]),
        ("numeric(20,0)", "18446744073709551615", Decimal(18446744073709551615)),
        ("date", "2018-09-06", datetime(2018, 9, 6, tzinfo=UTC).date()),
    ],
)
def test_types_of_mysql_arrive_as_values(any_bench: Bench, declared: str, cell: str, value: Any) -> None:
    """What DMS writes for a MySQL type casts into the PostgreSQL type that is made for it."""
    typed = any_bench.with_table({"id": "bigint", "v": declared})
    typed.put(f"1,{cell}\n2,\n")

    typed.load_twice()

    assert typed.rows("v") == [(value,), (None,)]


@pytest.mark.parametrize(
    ("declared", "cell"),
    [
        ("varchar(3)", "abcd"),
        ("bytea", "0f0"),
        ("bytea", "no hex"),
        ("numeric(4,2)", "123.45"),
        ("bigint", "18446744073709551615"),
        ("timestamptz", "0000-00-00 00:00:00"),
        ("date", "2024-02-30"),
        ("jsonb", '"{""a"": "'),
        ("boolean", "2"),
        ("integer", "+5.0656000000000000e+05"),
    ],
)
def test_values_out_of_range_are_quarantined_not_changed(any_bench: Bench, declared: str, cell: str) -> None:
    """A value that its type cannot hold is neither cut nor rounded away: it goes to quarantine."""
    typed = any_bench.with_table({"id": "bigint", "v": declared})
    typed.put(f"1,{cell}\n2,\n")

    typed.load_twice()

    assert typed.rows("id") == [(2,)]
    assert [row[:2] for row in typed.quarantine()] == [(1, "v")]


def test_both_servers_give_the_same_reasons(bench: Bench, bench16: Bench) -> None:
    """PostgreSQL 16 casts after COPY and 18 inside it; record, column, value, code and bytes agree."""
    for one in (bench, bench16):
        one.put(BROKEN)
        one.load()

    assert bench.quarantine() == bench16.quarantine()


def test_names_of_any_kind_work(any_bench: Bench) -> None:
    """Column names with quotes, semicolons, blanks, capitals and non-ASCII letters are names like others."""
    names = ['we"ird; --', "SELECT", "größe €", "100 % {x}"]
    odd = any_bench.with_table(dict.fromkeys(names, "text"), name="Order$", schema_name='sh"op')
    odd.put("1,2,3,4\n")

    odd.load()
    odd.load()

    assert odd.query('SELECT "we""ird; --", "SELECT", "größe €", "100 % {x}" FROM "sh""op"."Order$"') == [
        ("1", "2", "3", "4")
    ]


def test_a_column_of_another_type_is_refused_with_the_statement_that_changes_it(bench: Bench) -> None:
    """The ALTER TABLE that a refused load spells out makes main what the catalog says."""
    bench.put("1,1,2018-09-06,a\n")
    bench.load()
    other = bench.with_table({"id": "bigint", "amount": "text", "placed_at": "date", "note": "text"})
    with pytest.raises(WarehouseError) as refused:
        other.load()
    said = str(refused.value).split("`")[1]
    bench.query(said)

    assert other.load().state == "loaded"
    assert other.rows("amount") == [("1",)]


def test_a_missing_column_of_the_catalog_is_added_to_main(bench: Bench) -> None:
    """A column that is new in the catalog is added to the table; earlier hours have NULL."""
    bench.put("1,1,2018-09-06,a\n")
    bench.load()
    wider = bench.with_table({"id": "bigint", "amount": "numeric", "placed_at": "date", "note": "text"})

    with pytest.raises(WarehouseError, match=r"amount is numeric\(12,2\) in the warehouse"):
        wider.load()
    longer = bench.with_table(
        {"id": "bigint", "amount": "numeric(12,2)", "placed_at": "timestamptz", "note": "text", "tag": "text"}
    )
    longer.put("2,2,2018-09-06,b,t\n", HOUR + ONE_HOUR)
    longer.load(HOUR + ONE_HOUR)

    assert longer.rows("id, tag") == [(1, None), (2, "t")]


def test_what_is_not_loaded_yet_is_refused(bench: Bench) -> None:
    """A merge table is refused with its name and the remedy, not loaded as something else."""
    with pytest.raises(LoadError, match=r"shop\.orders asks for load: merge"):
        bench.with_table(load="merge", key=("id",)).load()


def test_an_hour_without_files_is_missing_when_one_was_due(bench: Bench) -> None:
    """`expect: hourly` makes an hour without a file missing, `sparse` makes it quiet."""
    assert bench.load_twice().state == "missing"
    assert bench.with_table(expect="sparse").load().state == "quiet"


def test_the_running_hour_is_expected(bench: Bench) -> None:
    """An hour that is not over is not missing."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    assert bench.load(now).state == "expected"


def test_an_hour_whose_files_went_is_emptied(bench: Bench) -> None:
    """Files that are gone from the lake take their rows out of main by somebody's word, which stays."""
    key = bench.put(GOOD)
    bench.load()
    bench.bucket.delete(key)

    report = bench.load(followed_by="Ann")

    assert (report.state, bench.rows(), bench.state()) == ("missing", [], ("missing", 0, 0, 0))
    assert "Ann had 1 vanished files followed at " in (bench.load_twice().note or "")


def test_zero_bytes_are_a_file_without_records(any_bench: Bench) -> None:
    """An empty object is a loaded file of no records; so is one with a header only."""
    any_bench.put("", number=1)
    any_bench.put("id,amount,placed_at,note\n", number=2)

    report = any_bench.load_twice()

    assert (report.state, report.counts.records, len(report.files)) == ("loaded", 0, 2)


def test_each_hour_of_one_session_is_committed_by_itself(bench: Bench) -> None:
    """A loader that goes through several hours commits each, also when its session is used in between."""
    hours = [HOUR, HOUR + ONE_HOUR, HOUR + 2 * ONE_HOUR]
    for hour in hours[:2]:
        bench.put(GOOD, hour)
    bench.put("a,b,c,d\n", hours[2])
    listed = bench.lake.list_table("shop", bench.table).by_hour()

    with TableLoader(bench.url, bench.lake, bench.table, "test") as loader:
        for number, hour in enumerate(hours, 1):
            loader.load(hour, listed[hour])
            loader.connection.execute("SELECT 1")
            assert len(bench.query("SELECT 1 FROM lake_assets.table_hours")) == number

    assert [bench.state(hour)[0] for hour in hours] == ["loaded", "loaded", "failed"]


def test_a_loader_shows_no_password(bench: Bench) -> None:
    """What a loader says of itself holds no password, for it may end in a log."""
    loader = TableLoader(bench.url, bench.lake, bench.table, "test")

    assert bench.url not in repr(loader)


def test_a_truncated_object_fails_the_hour_and_is_named(bench: Bench) -> None:
    """A gzip file that was cut short loads nothing of it; the error names the file, and main is as it was."""
    bench.put(GOOD)
    bench.load()
    bench.put(gzip.compress(GOOD.encode() * 1000)[:-10], number=1)

    report = bench.load_twice()

    assert report.state == "failed"
    assert f"s3://{bench.bucket.bucket}/{bench.key(number=1)}: " in (report.error or "")
    assert bench.rows("id") == [(1,), (2,), (3,)]


def test_a_type_that_the_warehouse_has_not_is_told_before_any_load(bench: Bench) -> None:
    """The error names the catalog's file, the column and a near miss."""
    chosen = bench.with_catalog({"columns": {"id": "bigin"}})
    with pytest.raises(
        WarehouseError, match=r"orders\.id: the warehouse has no type bigin\. Did you mean bigint"
    ):
        chosen.load()


def test_blank_lines_are_counted_and_are_no_records(any_bench: Bench) -> None:
    """An hour with blank lines between its records is loaded, and the ledger says how many there were."""
    chosen = any_bench.with_table({"id": "bigint", "note": "text"})
    chosen.put(b'\nid,note\n\n1,"a\n\nb"\r\n\r\n2,\n\n')

    report = chosen.load_twice()

    assert (report.error, report.state) == (None, "loaded")
    assert chosen.rows("id, note") == [(1, "a\n\nb"), (2, None)]
    assert chosen.query("SELECT records, dialect->>'blank_lines' FROM lake_assets.files") == [(2, "4")]


def test_a_lack_of_memory_is_told_as_such() -> None:
    """Neither this program's nor the warehouse's is taken for a fault of the files."""
    ours = failure_of(MemoryError())
    theirs = failure_of(psycopg.errors.OutOfMemory("out of memory"))

    assert str(ours.details["error"]).startswith("This program ran out of memory. Give it more")
    assert str(theirs.details["error"]).startswith(
        "The warehouse ran out of memory (out of memory). Give it more"
    )


def test_an_hour_of_parquet_without_a_good_record_has_no_delimiter(bench: Bench) -> None:
    """The reason is one that a format with names and types can have."""
    chosen = bench.with_table({"id": "bigint"})
    chosen.bucket.put(key("parquet"), parquet_of(pa.table({"id": ["x"]})))

    report = chosen.load()

    assert report.state == "failed"
    assert report.error is not None
    assert "the types of the catalog's columns are not those of the file's values" in report.error
