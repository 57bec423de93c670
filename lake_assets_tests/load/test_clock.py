"""Proves that a load depends on the files alone, not on the clock or the warehouse's settings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import pytest
from psycopg import sql

from lake_assets.postgres import connect
from lake_assets.readers.block_filter import ColumnFilter, filter_block
from lake_assets.readers.csv_splitter import Limits
from lake_assets.readers.records import read_blocks
from lake_assets.readers.relative_times import REASON
from lake_assets_tests.fix_bench import GOOD, Bench
from lake_assets_tests.readers.rule import dialect_of, in_chunks

READ_OFF_THE_CLOCK = ["now", " NOW ", "Today", "tomorrow 10:00", "10:00 yesterday", "today+03", '"now"']
NOT_READ = ["infinity", "-infinity", "epoch", "2018-09-06 allballs", "2018-09-06 10:00", ""]


def test_words_read_off_the_clock_are_quarantined(any_bench: Bench) -> None:
    """A date or time given as `now` or the like would differ at every load, so its record is not loaded."""
    bench = any_bench.with_table({"id": "bigint", "at": "timestamptz", "note": "text"})
    cells = [*READ_OFF_THE_CLOCK, *NOT_READ]
    bench.put("".join(f"{number},{cell},now today\n" for number, cell in enumerate(cells)))

    bench.load()

    assert [row[0] for row in bench.rows("id")] == list(range(len(READ_OFF_THE_CLOCK), len(cells)))
    assert bench.quarantine("column_name, value, reason") == [
        ("at", cell.strip('"'), REASON) for cell in READ_OFF_THE_CLOCK
    ]


TYPED_CELLS = [
    ("date", "today", True),
    ("time", "now", True),
    ("time with time zone", "now", True),
    ("timestamp(0) without time zone", "yesterday", True),
    ("date[]", '"{2018-09-06,tomorrow}"', True),
    ("tstzrange", '"[2018-09-06,now)"', True),
    ("pg_catalog.date", "today", True),
    ("datemultirange", '"{[today,tomorrow)}"', True),
    ("text", "now", False),
    ("time", "allballs", False),
    ("date", "epoch", False),
    ("text[]", "{now}", False),
]


def test_every_type_that_reads_the_clock_is_watched(any_bench: Bench) -> None:
    """It is so for all types of dates and times, alone, in arrays and in ranges, and for no other type."""
    columns = {f"v{number}": declared for number, (declared, _, _) in enumerate(TYPED_CELLS)}
    typed = any_bench.with_table(columns)
    last = len(TYPED_CELLS) - 1
    typed.put("".join("," * n + cell + "," * (last - n) + "\n" for n, (_, cell, _) in enumerate(TYPED_CELLS)))

    typed.load_twice()

    refused = [number for number, (_, _, is_relative) in enumerate(TYPED_CELLS) if is_relative]
    assert typed.quarantine("record, column_name, reason") == [(n + 1, f"v{n}", REASON) for n in refused]
    assert len(typed.rows("v0")) == len(TYPED_CELLS) - len(refused)


def test_what_the_server_itself_refuses_has_the_servers_reason(any_bench: Bench) -> None:
    """A cell that only begins with such a word is no time at all, and the server says so."""
    any_bench.put("1,1,now-ish,a\n2,2,2018-09-06,b\n")

    any_bench.load()

    assert any_bench.quarantine("value, sqlstate") == [("now-ish", "22007")]


@pytest.mark.parametrize("nul", ["strip", "replace"])
@pytest.mark.parametrize("quoting", ["rfc4180", "none"])
@pytest.mark.parametrize("window", [1, 8, 1000])
def test_such_words_are_found_wherever_they_stand(nul: str, quoting: str, window: int) -> None:
    """Records of any quoting, broken ones between them, and NULs inside a word hide none and accuse none."""
    lines: Sequence[tuple[bytes, bool]] = [
        (b"I,now,now,x", True),
        (b"I,now,2018,now", False),
        (b'I,"a ""b"",',False),
        (b'I,5" now,now,now', quoting == "none"),
        (b"I,snow,Sunday,tomorrows", False),
        (b"now,x,,", False),
        (b"I,x,n\0ow,y", nul == "strip"),
        (b"I,x,known,now", False),
        (b"U,x,TOMORROW,y", True),
        (b"I,,yesterday,", True),
    ]  # fmt: skip
    dialect = dialect_of("a", "at", "b", op=True, nul=nul, quoting=quoting)
    data = b"\n".join(line for line, _ in lines)

    found, first = set(), 1
    for block in read_blocks(in_chunks(data, (5,)), dialect, Limits(window=window)):
        _, words = filter_block(block, dialect, ColumnFilter(temporal=frozenset({"at"})))
        found |= {first + index for index in words}
        first += block.records

    assert found == {number for number, (_, is_relative) in enumerate(lines, 1) if is_relative}


SETTINGS = {
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Pacific/Auckland",
    "timezone_abbreviations": "India",
    "bytea_output": "escape",
    "extra_float_digits": "-5",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "xmloption": "document",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
    "search_path": "nowhere, pg_temp",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "exit_on_error": "on",
}
TYPED = {
    "at": "timestamptz",
    "zoned": "timestamptz",
    "day": "date",
    "span": "interval",
    "raw": "bytea",
    "list": "text[]",
    "half": "double precision",
    "note": "text",
}
CELLS = (
    '2018-09-06 10:00:00,2018-09-06 10:00 IST,03/04/2018,-1 2:03,00ff5c,"{NULL,a}",0.1234567890123456,é\\n\n'
)


@pytest.mark.parametrize("owner", ["ROLE", "DATABASE"])
def test_settings_of_role_and_database_change_nothing(any_bench: Bench, owner: str) -> None:
    """Whatever the warehouse's role or database has set, the same bytes become the same values."""
    bench = any_bench.with_table(TYPED, files={"dates": "mdy"})
    bench.put(CELLS)
    bench.load()
    query = "SELECT * FROM shop.orders"
    before = bench.query(query)
    parts = urlsplit(bench.url)
    name = sql.Identifier(str(parts.username) if owner == "ROLE" else parts.path[1:])
    change = sql.SQL("ALTER {} {} SET {} TO {}")
    reset = sql.SQL("ALTER {} {} RESET ALL").format(sql.SQL(owner), name).as_string()

    try:
        for setting, value in SETTINGS.items():
            made = change.format(
                sql.SQL(owner),
                name,
                sql.Identifier(setting),
                sql.SQL(value if ", " in value else f"'{value}'"),
            )
            bench.query(made.as_string())
        bench.load()
        check = bench.check()
    finally:
        bench.query(reset)

    assert bench.query(query) == before
    assert before[0][:3] == (
        datetime(2018, 9, 6, 10, tzinfo=UTC),
        datetime(2018, 9, 6, 8, tzinfo=UTC),
        datetime(2018, 3, 4, tzinfo=UTC).date(),
    )
    assert check.passed


TIMEOUTS = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
)


def test_no_time_limit_of_the_database_ends_a_load(bench: Bench) -> None:
    """Limits meant for queries of people end neither a load nor its wait; options of the URL hold."""
    bench.put(CELLS)
    typed = replace(
        bench.with_table(TYPED, files={"dates": "mdy"}), url=f"{bench.url}?options=-c%20work_mem%3D5MB"
    )
    with connect(bench.url, autocommit=True) as observer:
        for timeout in TIMEOUTS:
            observer.execute(f"ALTER DATABASE {observer.info.dbname} SET {timeout} = '1ms'".encode())

        assert typed.load().error is None
        assert typed.check().passed

    with connect(typed.url) as session:
        shown = [session.execute(f"SHOW {name}".encode()).fetchone() for name in (*TIMEOUTS, "work_mem")]
    assert shown == [*[("0",)] * len(TIMEOUTS), ("5MB",)]


def test_a_policy_on_rows_hides_none_from_a_load(bench: Bench) -> None:
    """Rows that a policy would hide from DELETE are not doubled: the load fails, and says what to do."""
    bench.put(GOOD)
    parts = urlsplit(bench.url)
    user = parts.path[1:]  # a name of this test's own
    bench.query(f"CREATE USER {user} PASSWORD 'secret'")
    bench.query(f"GRANT CREATE ON DATABASE {user} TO {user}")
    bench.query("DROP SCHEMA lake_assets CASCADE")  # for the loader makes, and owns, a ledger of its own
    address = parts._replace(netloc=f"{user}:secret@{parts.hostname}:{parts.port}")
    theirs = replace(bench, url=urlunsplit(address))
    try:
        theirs.load()
        before = bench.rows()
        bench.query("ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        bench.query("CREATE POLICY first_alone ON shop.orders USING (note = 'first') WITH CHECK (true)")

        report = theirs.load()

        assert bench.rows() == before
        assert "query would be affected by row-level security policy" in (report.error or "")
        assert "NO FORCE ROW LEVEL SECURITY" in (report.error or "")
    finally:
        bench.query(f"DROP OWNED BY {user}")
        bench.query(f"DROP USER {user}")


def test_a_record_of_another_file_keeps_its_place(any_bench: Bench) -> None:
    """A record with such a word costs no record of the same number in another file of its hour."""
    any_bench.put(GOOD)
    any_bench.put("4,1,now,\n5,1,2018-09-06,\n", number=1)

    report = any_bench.load()

    assert (report.error, any_bench.state()) == (None, ("quarantined", 5, 4, 1))
    assert any_bench.rows("id") == [(1,), (2,), (3,), (5,)]


def test_a_word_in_a_table_that_refuses_null_is_one_record(any_bench: Bench) -> None:
    """The place of a record with such a word is held by NULLs, and COPY may refuse those: it counts once."""
    any_bench.query("CREATE DOMAIN public.needed AS text NOT NULL")
    bench = any_bench.with_table({"at": "timestamp", "note": "public.needed"})
    bench.put("2018-09-06,a\nnow,b\n2018-09-07,c\n")

    report = bench.load_twice()

    assert (report.counts.loaded, report.counts.quarantined) == (2, 1)
    assert bench.quarantine("record, column_name, value") == [(2, "at", "now")]
