"""Proves that what is too wide, deep or long costs its own record, or fails its hour with a remedy."""

import gzip
import hashlib
import random
from collections.abc import Sequence
from datetime import datetime

import pytest

from lake_assets.catalog.values import MOST_COLUMNS
from lake_assets.exceptions import LoadError, WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets.load.staging import columns, copy_rejects, savepoints
from lake_assets.load.staging.json_repair import Cells
from lake_assets.load.staging.reject_reasons import Faults, RejectReasons
from lake_assets.readers.csv_splitter import MAX_RECORD
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench, make_table

MANY = 3000


def lines_of(*records: Sequence[object]) -> str:
    """Write records whose cells need no quotes."""
    return "".join(",".join(map(str, record)) + "\n" for record in records)


@pytest.mark.parametrize("header", [True, False])
def test_a_few_of_thousands_of_columns_load(any_bench: Bench, header: bool) -> None:
    """`new_columns: ignore` loads five columns of a file that has more than a table can hold."""
    names = [f"c{number}" for number in range(MANY)]
    wanted = [names[0], names[7], names[1600], names[2000], names[-1]] if header else names[:5]
    bench = any_bench.with_table(dict.fromkeys(wanted, "text"), new_columns="ignore")
    cells = [[f'"r{row},""{number}"' for number in range(MANY)] for row in range(3)]
    bench.put(lines_of(*([names] if header else []), cells[0], cells[1][:-1], cells[2]))

    report = bench.load_twice()

    assert report.state == "quarantined"
    numbers = [int(name[1:]) for name in wanted]
    assert bench.rows(", ".join(wanted)) == [
        tuple(f'r{row},"{number}' for number in numbers) for row in (0, 2)
    ]
    assert bench.quarantine("record, reason") == [(2, f"{MANY - 1} cells where {MANY} are expected")]


def test_an_end_of_data_mark_left_alone_is_text(any_bench: Bench) -> None:
    r"""A record of which only the cell `\.` is wanted does not end the data, as it would on PostgreSQL 16."""
    bench = any_bench.with_table({"a": "text"}, new_columns="ignore", files={"header": True})
    bench.put('id,a,b\n1,\\.,x\n2,"\\.",y\n3,,z\n4,"x\n\\.\n",z\n')

    bench.load()

    assert bench.rows("a") == [("\\.",), ("\\.",), (None,), ("x\n\\.\n",)]


def test_more_columns_than_a_table_holds_fail_the_hour(bench: Bench) -> None:
    """`new_columns: add` names the number, the limit and the remedy, and main keeps its columns."""
    bench.put(lines_of(["id", *(f"c{number}" for number in range(MANY))], range(MANY + 1)))

    report = bench.load_twice()

    assert report.state == "failed"
    assert "shop.orders: 3001 columns with those that only the files have, and a table can have 1597" in (
        report.error or ""
    )
    assert "set `new_columns: ignore`" in (report.error or "")
    assert len(bench.query("SELECT 1 FROM information_schema.columns WHERE table_schema = 'shop'")) == 7


def test_as_many_columns_as_a_table_holds_are_not_refused() -> None:
    """With the columns that only a file has, the limit is the same as for those of the catalog."""
    columns._refuse_too_many(make_table(), MOST_COLUMNS)
    with pytest.raises(LoadError, match="1598 columns"):
        columns._refuse_too_many(make_table(), MOST_COLUMNS + 1)


def test_a_catalog_of_more_columns_than_a_table_holds_is_refused(bench: Bench) -> None:
    """The limit is told before anything is made; at the limit the table loads."""
    with pytest.raises(WarehouseError, match="names 1598 columns, and a table can have 1597 beside ours"):
        bench.with_table({f"c{number}": "text" for number in range(1598)}).load()
    widest = bench.with_table({f"c{number}": "text" for number in range(1597)})
    widest.put(lines_of(["x", *[""] * 1596]))

    assert widest.load().state == "loaded"


@pytest.mark.parametrize(
    ("declared", "fits", "misfits"),
    [
        ("text", ["x", ""], ["x" * 20]),
        # Shorter as text: on PostgreSQL 16 staging holds it, and main does not.
        ("interval", ["", "1d"], ["1d"]),
    ],
)
def test_a_row_too_big_for_a_page_costs_its_record_alone(
    any_bench: Bench, declared: str, fits: list[str], misfits: list[str]
) -> None:
    """Many values, none of them long, may together be no row of PostgreSQL: those records are quarantined."""
    width = 540
    good, bad = (fits * width)[:width], (misfits * width)[:width]
    bench = any_bench.with_table({f"c{number}": declared for number in range(width)})
    bench.put(lines_of(good, bad, good, good[:-1], bad, good), number=1)
    bench.put(lines_of(bad, good), number=2)

    report = bench.load()

    assert (report.state, report.counts.loaded, report.counts.quarantined) == ("quarantined", 4, 4)
    assert [number for (number,) in bench.rows("_lake_record")] == [1, 3, 6, 2]
    raw = ",".join(bad).encode()
    kept = bench.quarantine("record, sqlstate, raw")
    assert [row for row in kept if row[1]] == [(2, "54000", raw), (5, "54000", raw), (1, "54000", raw)]
    assert bench.check().passed


def test_json_nested_deeper_than_the_servers_stack_costs_its_record_alone(any_bench: Bench) -> None:
    """Where the server ends the statement, also when it is asked for a reason, the other records load."""
    bench = any_bench.with_table({"id": "bigint", "doc": "jsonb"})
    deep = "[" * 200_000 + "]" * 200_000
    bench.put(lines_of([1, "[]"], [2, deep], ["x", deep], [4, "[4]"], [5, "]"], [6, deep]))

    report = bench.load_twice()

    assert report.state == "quarantined"
    assert bench.rows("id") == [(1,), (4,)]
    assert [row[0] for row in bench.quarantine("record")] == [2, 3, 5, 6]
    assert bench.quarantine("column_name, sqlstate")[2] == ("doc", "22P02")
    assert bench.quarantine("sqlstate, length(raw)")[0] == ("54001", 400_002)


@pytest.mark.parametrize(
    "guard", ["CREATE INDEX ON shop.orders (note)", "ALTER TABLE shop.orders ADD CHECK (length(note) < 9)"]
)
def test_what_main_itself_refuses_costs_its_record_alone(any_bench: Bench, guard: str) -> None:
    """An index or a check that somebody gave main sends the records it cannot take to quarantine."""
    any_bench.put(GOOD)
    any_bench.load()
    any_bench.query(guard)
    long = random.Random(1).randbytes(5000).hex()  # noqa: S311 - it only must not compress
    any_bench.put(f"1,1,2018-09-06,short\n2,2,2018-09-06,{long}\n3,x,2018-09-06,\n4,4,2018-09-06,short\n")

    report = any_bench.load_twice()

    assert (report.counts.loaded, report.counts.quarantined) == (2, 2)
    assert [row[0] for row in any_bench.quarantine("record")] == [2, 3]
    assert any_bench.check().passed


def test_only_errors_that_a_record_can_cause_are_held_against_one(bench: Bench) -> None:
    """What a trigger of somebody's raises costs its record; any other kind of error fails the hour."""
    bench.put(GOOD)
    bench.load()
    bench.query(
        "CREATE FUNCTION shop.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 2 THEN "
        "RAISE EXCEPTION '%', repeat('no ', 999) USING ERRCODE = TG_ARGV[0]; END IF; RETURN NEW; END $$"
    )
    kinds = {
        **dict.fromkeys(
            ["0A000", "22000", "23502", "23514", "38000", "39000", "54000", "P0001"], "quarantined"
        ),
        **dict.fromkeys(["XX000"], "quarantined"),
        **dict.fromkeys(["23505", "40001", "53100", "57014"], "failed"),
    }

    for code, state in kinds.items():
        bench.query(
            "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON shop.orders "
            f"FOR EACH ROW EXECUTE FUNCTION shop.refuse('{code}')"
        )
        assert bench.load().state == state, code
        held = bench.quarantine("sqlstate, length(reason)") if state == "quarantined" else [(code, 1000)]
        assert held == [(code, 1000)]


def test_records_keep_their_numbers_through_many_blocks(
    any_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad records of every kind, in a file read in many pieces and copied in many steps, are named aright."""
    monkeypatch.setattr("lake_assets.load.staging.file_copy.BAD_BYTES", 1)
    body = "".join(f"{number},1,2018-09-06,{'x' * 700}\n" for number in range(1, 1201)).splitlines()
    body[399], body[799], body[999] = "400,1", "800,x,2018-09-06,", "1000,1,now,"
    any_bench.put("\n".join(body))

    any_bench.load()

    assert any_bench.state() == ("quarantined", 1200, 1197, 3)
    assert any_bench.quarantine("record, column_name") == [(400, None), (800, "amount"), (1000, "placed_at")]
    assert any_bench.query("SELECT count(*) FROM shop.orders WHERE id <> _lake_record") == [(0,)]


def test_what_main_itself_refuses_counts_for_the_limit(bench: Bench) -> None:
    """Records that only main could judge may be too many as well; the hour's rows then stay as they were."""
    bench.put(GOOD)
    bench.load()
    bench.query("ALTER TABLE shop.orders ADD CHECK (id < 9)")
    bench.put("4,1,2018-09-06,\n9,1,2018-09-06,\n")

    report = bench.with_table(max_quarantined=0).load()

    assert report.state == "failed"
    assert "1 of 2 records cannot be loaded, and max_quarantined is 0" in (report.error or "")
    assert bench.quarantine("record, sqlstate, refused") == [(2, "23514", True)]
    assert (bench.rows("id"), bench.check().state) == ([(1,), (2,), (3,)], "failed")
    assert bench.with_table(max_quarantined=1).load().state == "quarantined"


def test_what_main_itself_refuses_may_be_too_much(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """When main refuses one record after the other, the hour fails with its words."""
    monkeypatch.setattr(savepoints, "MOST_REFUSED", 1)
    bench.put(GOOD)
    bench.load()
    bench.query("ALTER TABLE shop.orders ADD CHECK (id < 2) NOT VALID")

    report = bench.load()

    assert "refused more than 1 records" in (report.error or "")
    assert "violates check constraint" in (report.error or "")
    assert bench.rows("id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize(("load", "hour"), [("append", HOUR), ("snapshot", HOUR + ONE_HOUR)])
def test_rows_that_are_replaced_refuse_no_record(bench: Bench, load: str, hour: datetime) -> None:
    """While main is asked which records it refuses, the rows that they replace do not count."""
    table = bench.with_table({"id": "bigint"}, load=load)
    table.put("1\n2\n")
    table.load()
    table.query("CREATE UNIQUE INDEX ON shop.orders (id)")
    table.query("ALTER TABLE shop.orders ADD CHECK (id < 9)")
    table.put("1\n2\n9\n", hour)

    report = table.load(hour)

    assert (report.error, report.counts.loaded, report.counts.quarantined) == (None, 2, 1)
    assert table.rows("id") == [(1,), (2,)]


def test_rows_that_main_drops_without_a_word_are_found_out(bench: Bench) -> None:
    """A trigger that somebody gave main leaves a row out: the counts differ, and nothing is changed."""
    bench.put(GOOD)
    bench.load()
    bench.query(
        "CREATE FUNCTION shop.leave_out() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END'"
    )
    bench.query(
        "CREATE TRIGGER t BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.leave_out()"
    )

    report = bench.load()

    assert report.state == bench.state()[0] == "mismatch"
    assert "2 rows reached main, and 3 good records were counted" in (report.error or "")
    assert bench.rows("id") == [(1,), (2,), (3,)]


def test_too_many_refused_records_fail_the_hour(any_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server ends the statement over one record after the other, the hour fails with its words."""
    monkeypatch.setattr(savepoints, "MOST_REFUSED", 2)
    bench = any_bench.with_table({f"c{number}": "text" for number in range(1000)})
    bench.put(lines_of(["x"] * 1000, *[["x" * 20] * 1000] * 2))
    assert bench.load().state == "quarantined"
    bench.put(lines_of(["x"] * 1000, *[["x" * 20] * 1000] * 3))

    report = bench.load_twice()

    assert report.state == "failed"
    assert "refused more than 2 records" in (report.error or "")
    assert "row is too big" in (report.error or "")


def test_a_cell_of_a_hundred_megabytes_loads(bench: Bench) -> None:
    """A cell may be as long as a record may be; it arrives whole."""
    cell = random.Random(1).randbytes(1000).hex() * 50_000 + 'end "quoted"'  # noqa: S311 - any bytes will do
    quoted = cell.replace('"', '""')
    body = f'1,1,2018-09-06,"{quoted}"\n2,2,2018-09-06,b\n'.encode()
    bench.bucket.put(bench.key(), gzip.compress(body, 1))

    report = bench.load()

    assert report.state == "loaded"
    assert bench.rows("id, md5(note)") == [
        (1, hashlib.md5(cell.encode(), usedforsecurity=False).hexdigest()),
        (2, hashlib.md5(b"b", usedforsecurity=False).hexdigest()),
    ]


def test_a_file_that_is_no_data_fails_the_hour_and_no_byte_of_it_is_loaded(bench: Bench) -> None:
    """A zip under the name of a CSV file is named with its format; main is as it was."""
    bench.put(GOOD)
    bench.load()
    bench.put(b"PK\x03\x04\x14\0\0\0,\n" * 9, number=1)

    report = bench.load()

    assert report.state == "failed"
    assert "100100000.csv: This is zip by its first bytes" in (report.error or "")
    assert len(bench.rows()) == 3


@pytest.mark.parametrize(
    ("ending", "body", "files"),
    [("csv", GOOD.encode(), 2), ("jsonl", b'{"id":1}\n', 1), ("parquet", b"PAR1\x15\0", 1)],
)
def test_an_hour_that_swells_too_far_fails(bench: Bench, ending: str, body: bytes, files: int) -> None:
    """`max_bytes` bounds what the files of an hour are once unpacked, all together."""
    limit = len(body) * 3000
    bench = bench.with_table(max_bytes=limit)
    for number in range(files):
        bomb = gzip.compress(body * (4000 // files), 1)
        bench.bucket.put(f"shop/orders/20180906-10{number:02d}00000.{ending}", bomb)

    report = bench.load()

    assert report.state == "failed"
    assert f"more than {limit:,} bytes (`max_bytes`" in (report.error or "")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a/LOAD00000001.csv": b"1,1,2018-09-06,x\n", "b/20180906-100000000.csv": b"1,a\n"}, "of its own"),
        ({"a/LOAD00000001.csv": b"1,1,2018-09-06,x\n", "b/LOAD00000001.csv": b"1,a\n"}, "different tables"),
    ],
)
def test_two_tables_are_never_mixed_into_one(bench: Bench, files: dict[str, bytes], why: str) -> None:
    """Full loads in folders that are tables, by their changes or by their columns, fail the hour."""
    for key, body in files.items():
        bench.bucket.put(f"shop/orders/{key}", body)
    listed = bench.lake.list_table("shop", bench.table).objects

    report = bench.load_listed(listed, listed[0].hour)

    assert report.state == "failed"
    assert why in (report.error or "")
    assert "too high" in (report.error or "")


def test_partitions_of_a_table_load_together(bench: Bench) -> None:
    """Full loads in folders beside each other, whose columns are the same, are one table."""
    for key in ("p1/LOAD00000001.csv", "p2/LOAD00000001.csv"):
        bench.bucket.put(f"shop/orders/{key}", GOOD.encode())
    bench.put(GOOD)
    listed = [item for item in bench.lake.list_table("shop", bench.table).objects if item.kind == "full"]

    assert bench.load_listed(listed, listed[0].hour).state == "loaded"
    assert len(bench.rows()) == 6


def test_a_record_without_end_fails_the_hour(bench: Bench) -> None:
    """Bytes without a line end are given up at the limit, whatever their number; main is as it was."""
    bench.put(GOOD)
    bench.load()
    bench.bucket.put(bench.key(number=1), gzip.compress(b'1,1,2018-09-06,"' + bytes(MAX_RECORD + 1), 1))

    report = bench.load()

    assert report.state == "failed"
    assert f"o line end within {MAX_RECORD} bytes" in (report.error or "")
    assert len(bench.rows()) == 3


def test_reasons_are_asked_for_in_small_messages(any_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long refused records are, only a few of them are held and sent together."""
    sizes: list[int] = []
    ask = RejectReasons._ask

    def watched(reasons: RejectReasons, cells: dict[int, Cells]) -> Faults:
        sizes.append(len(cells))
        return ask(reasons, cells)

    monkeypatch.setattr(copy_rejects, "BATCH_BYTES", 1000)
    monkeypatch.setattr(RejectReasons, "_ask", watched)
    any_bench.put("".join(f"x,1,2018-09-06,{'n' * 400}\n" for _ in range(10)) + GOOD)

    any_bench.load()

    assert sizes == [3, 3, 3, 1]
    assert any_bench.state() == ("quarantined", 13, 3, 10)


def test_a_type_without_null_costs_bad_records_once(any_bench: Bench) -> None:
    """A column whose type refuses NULL takes no bad record's place twice."""
    any_bench.query("CREATE DOMAIN public.needed AS text NOT NULL")
    bench = any_bench.with_table({"id": "bigint", "note": "public.needed"})
    bench.put('1,a\n2\n3,\n4,"x"y\n5,e\n')

    report = bench.load_twice()

    assert (report.counts.loaded, report.counts.quarantined) == (2, 3)
    assert [row[0] for row in bench.quarantine("record")] == [2, 3, 4]


@pytest.mark.parametrize("change", ["rewritten", "deleted"])
def test_a_file_that_changes_between_list_and_read_fails_the_hour(bench: Bench, change: str) -> None:
    """What was listed is what is loaded, or nothing is: main and ledger keep the hour as it was."""
    bench.put(GOOD)
    bench.load()
    listed = bench.lake.list_table("shop", bench.table).by_hour()[HOUR]
    if change == "rewritten":
        bench.put("9,9,2018-09-06,other\n")
    else:
        bench.bucket.delete(bench.key())

    report = bench.load_listed(listed)

    assert report.state == "failed"
    said = "was written again since it was listed" if change == "rewritten" else "is gone since it was listed"
    assert said in (report.error or "")
    assert bench.rows("id") == [(1,), (2,), (3,)]
    assert bench.state() == ("failed", 3, 3, 0)
