"""Proves what is told of a warehouse's incidents, hour by hour, and in which words."""

from dataclasses import replace

import psycopg
import pytest

from lake_assets.alerts.explanation import without_values
from lake_assets.alerts.failed_runs import FailedRun
from lake_assets.alerts.gather import gather
from lake_assets.alerts.service import note
from lake_assets.catalog.models import Catalog
from lake_assets.states.facts import Fact
from lake_assets_tests.fix_alerts import Desk, Inbox, at

NOTE = "no file came, and one was due (expect: hourly)"


def bodies(inbox: Inbox) -> list[str]:
    """Give the texts that came."""
    return [one["message"] for one in inbox.received]


BODY = """\
No file came, and one was due.

shop.orders, 2018-09-06T10 to 2018-09-06T11, 2 hours
  expected files, got none
  why: no file came, and one was due (expect: hourly)
  see: https://dagster.example/ui/assets/shop/orders?view=partitions&partition=2018-09-06-11%3A00

What to do: See whether DMS runs and writes. Files that came late are taken by:
  lake-assets load shop.orders --from 2018-09-06T10 --to 2018-09-06T12
If none will come:
  lake-assets waive shop.orders 2018-09-06T10 --why '…'"""


def test_a_missing_hour_in_words(desk: Desk, inbox: Inbox) -> None:
    """An alert names table, hour, expected, got, reason, the page of the UI and the commands that mend it."""
    desk.settings = replace(desk.settings, ui_url="https://dagster.example/ui")
    desk.told_by(inbox.url).state("orders", range(2), "missing", NOTE)
    desk.tell(2)

    assert inbox.told == ["failure: missing: shop.orders, 2018-09-06T10 to 2018-09-06T11"]
    assert bodies(inbox) == [BODY]


def test_rows_that_went_with_their_files_are_called_so(desk: Desk, inbox: Inbox) -> None:
    """Where an hour is missing because its files were removed, nobody is told that none ever came."""
    desk.told_by(inbox.url).state(
        "orders", 0, "missing", Fact.of("file_removed", key="shop/orders/1.csv", records=3)
    )
    desk.tell(1)

    assert bodies(inbox)[0].splitlines()[0] == (
        "Files that were loaded are gone from the lake, and their rows from the warehouse."
    )
    assert "why: shop/orders/1.csv: removed from the lake" in bodies(inbox)[0]


def test_one_hour_whose_files_went_does_not_speak_for_others(desk: Desk, inbox: Inbox) -> None:
    """Where files never came for one table and were removed for another, the alert begins with the former."""
    desk.told_by(inbox.url).state(
        "orders", 0, "missing", Fact.of("file_removed", key="shop/orders/1.csv", records=3)
    )
    desk.state("customers", 0, "missing", NOTE)
    desk.tell(1)

    assert [text.splitlines()[0] for text in bodies(inbox)] == ["No file came, and one was due."]


def test_the_end_says_what_the_hours_are_now(desk: Desk, inbox: Inbox) -> None:
    """The end of a cause names its tables and hours, and the states they are in."""
    desk.told_by(inbox.url).state("orders", range(3), "missing", NOTE)
    desk.state("orders", 9, "quiet")
    desk.tell(3)
    desk.state("orders", range(2), "loaded")
    desk.state("orders", 2, "waived", "the shop was closed")
    desk.tell(4)

    assert inbox.told[1] == "success: over: missing: shop.orders, 2018-09-06T10 to 2018-09-06T12"
    assert bodies(inbox)[1].splitlines()[-1] == "These table-hours are now: 2 loaded, 1 waived."


def test_a_source_that_delivers_nothing_is_called_so(desk: Desk, inbox: Inbox) -> None:
    """Where every hourly table misses the same hours, the title says that it is all of the source."""
    desk.told_by(inbox.url)
    for table in ("orders", "customers", "returns"):
        desk.state(table, 0, "missing", NOTE)
    desk.tell(1)

    assert inbox.told == ["failure: missing: all of shop (3 tables), 2018-09-06T10"]
    for number, table in enumerate(("orders", "customers", "returns"), 2):
        desk.state(table, 0, "loaded")
        desk.tell(number)
    assert inbox.told[1:] == ["success: over: missing: all of shop (1 tables), 2018-09-06T10"]


def test_a_source_of_one_table_is_called_by_its_table(desk: Desk) -> None:
    """Where a source has one hourly table, nothing is gained by naming the source; a silent one is whole."""
    (shop,) = desk.catalog.sources
    desk.catalog = Catalog(sources=(shop.model_copy(update={"tables": shop.tables[:1]}),))
    desk.state("orders", 0, "missing", NOTE)
    assert desk.tell(1).opened == ("missing: shop.orders, 2018-09-06T10",)

    desk.state("orders", 0, "loaded")
    desk.find("silent_source", "No file of any table.", subject="shop")
    desk.tell(2)

    assert desk.query("SELECT kind, whole FROM lake_assets.alerts ORDER BY id") == [
        ("missing", False),
        ("silent_source", True),
    ]


def test_rounds_wait_for_each_other(desk: Desk) -> None:
    """A round that writes alerts is waited for, so that no cause is opened twice."""
    desk.state("orders", 0, "missing", NOTE)
    with psycopg.connect(desk.url) as first:
        assert len(note(first, desk.catalog, desk.settings, at(1))[0]) == 1
        desk.connection.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            desk.tell(1)

    assert desk.tell(1).opened == ()


def test_many_tables_are_named_and_counted(desk: Desk, inbox: Inbox) -> None:
    """A long list is cut: ten tables with all that is known, thirty by name, the rest by number."""
    desk.told_by(inbox.url)
    for number in range(60):
        desk.find(
            "stranger", f"shop/orders/{number}.txt is not loaded: no time in its name.", "orders", f"{number}"
        )
    desk.tell(1)

    (body,) = bodies(inbox)
    assert body.count("  why: ") == 10
    assert "\nand 50 more: " in body
    assert ", and 20 others\n" in body
    assert all(len(title) <= 110 for title in inbox.told)


def test_values_of_data_are_not_told(desk: Desk, inbox: Inbox) -> None:
    """Reasons are told without the values PostgreSQL quotes: alerts go where the data may not."""
    desk.told_by(inbox.url).state("orders", 0, "quarantined", None, bad=2)
    desk.connection.execute(
        "INSERT INTO lake_assets.quarantine "
        "(source, table_name, hour, key, record, column_name, value, reason, raw, run_id) "
        "SELECT 'shop', 'orders', '2018-09-06T10:00Z', 'key', number, 'delay', 'secret\"x', "
        "'invalid input syntax for type integer: \"secret\"x\"', '', 'run' "
        "FROM generate_series(1, 2) AS number"
    )
    desk.connection.execute("UPDATE lake_assets.quarantine SET column_name = NULL WHERE record = 2")
    desk.connection.execute(
        "INSERT INTO lake_assets.quarantine (source, table_name, hour, key, record, reason, raw, run_id) "
        "VALUES ('shop', 'orders', '2018-09-06T09:00Z', 'key', 3, 'secret of another hour', '', 'run')"
    )
    desk.state("customers", 0, "failed", 'value "secret" is out of range for type integer')
    desk.find("stranger", 'not loaded: "secret"', "orders")
    desk.tell(1, [FailedRun("4711", "load", ("shop.returns",), error='Token "secret" is invalid')])

    quarantined = next(body for body in bodies(inbox) if "in quarantine" in body)
    assert "  expected 5 records in main, got 3; 2 in quarantine\n" in quarantined
    assert quarantined.count("  why: delay: invalid input syntax for type integer\n") == 1
    assert quarantined.count("  why: invalid input syntax for type integer\n") == 1
    assert "lake-assets quarantine list shop.orders --from 2018-09-06T10 --to 2018-09-06T11\n" in quarantined
    assert "secret" not in str(inbox.received)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('invalid input syntax for type json: "a\nb"', "invalid input syntax for type json"),
        ('value "5\n0" is out of range for type integer', " is out of range for type integer"),
        ('JSON data, line 1: Token "a" is invalid.', "JSON data, line 1:  is invalid."),
        ("Key (id)=(4711) already exists.", "Key (id)= already exists."),
    ],
)
def test_where_messages_quote_values(said: str, told: str) -> None:
    """Values of data are left out of every form in which PostgreSQL quotes them, line ends among them."""
    assert without_values(said).replace(" ", "") == told.replace(" ", "")


def test_the_limit_of_quarantined_records(desk: Desk, inbox: Inbox) -> None:
    """Any record in quarantine is told of, unless a limit is set; then only more than that."""
    desk.told_by(inbox.url).state("orders", 0, "quarantined", None, bad=10)
    desk.settings = replace(desk.settings, alert_quarantined=10)
    assert desk.tell(1).opened == ()

    desk.settings = replace(desk.settings, alert_quarantined=9)
    assert desk.tell(1).opened == ("quarantined: shop.orders, 2018-09-06T10",)


def test_quarantined_hours_within_a_day_are_one_cause(desk: Desk) -> None:
    """A table with bad records now and then is told of once; after a day without any, anew."""
    desk.state("orders", 0, "quarantined", None, bad=1)
    assert len(desk.tell(1).opened) == 1
    desk.state("orders", range(1, 20), "loaded")
    desk.state("orders", 20, "quarantined", None, bad=1)
    assert desk.tell(21).opened == ()

    desk.state("orders", range(21, 50), "loaded")
    desk.state("orders", 50, "quarantined", None, bad=1)
    assert desk.tell(51).opened == ("quarantined: shop.orders, 2018-09-08T12",)


def test_missing_hours_of_a_daily_table_follow_each_other(desk: Desk) -> None:
    """Only an hour with files between missing ones makes two causes of one, and only one of the table."""
    desk.state("orders", 0, "missing")
    assert len(desk.tell(1).opened) == 1
    desk.state("orders", range(1, 23), "quiet")
    desk.state("orders", 23, "waived")
    desk.state("customers", 5, "loaded")
    desk.connection.execute(
        "INSERT INTO lake_assets.table_hours (source, table_name, hour, state, run_id) "
        "SELECT 'crm', table_name, hour, state, run_id FROM lake_assets.table_hours WHERE state = 'loaded'"
    )
    desk.connection.execute("UPDATE lake_assets.table_hours SET table_name = 'orders' WHERE source = 'crm'")
    desk.state("orders", 24, "missing")
    assert desk.tell(25).opened == ()

    desk.state("orders", 25, "loaded")
    desk.state("orders", 26, "missing")
    assert desk.tell(27).opened == ("missing: shop.orders, 2018-09-07T12",)


def test_failures_that_differ_in_figures_are_one_cause(desk: Desk) -> None:
    """Figures, keys and quoted names are left aside where reasons are compared."""
    desk.state("orders", 0, "failed", 'shop/orders/1.csv: 12 of 40 records: "a"')
    desk.state("customers", 0, "failed", 'shop/customers/2.csv: 7 of 9 records: "b"')
    desk.state("returns", 0, "failed", "the warehouse is full")

    assert desk.tell(1).opened == (
        "failed: 2 tables of shop, 2018-09-06T10",
        "failed: shop.returns, 2018-09-06T10",
    )
    desk.state("returns", 0, "loaded")
    desk.state("returns", 1, "failed", "the warehouse is full")
    assert desk.tell(2).opened == ()


def test_differences_are_told_by_their_reasons(desk: Desk) -> None:
    """Hours that differ in other ways are other causes, though they are found at once."""
    for table, why in (("orders", "a row is gone"), ("customers", "the recount differs")):
        desk.state(table, 0, "mismatch", why)

    assert len(desk.tell(1).opened) == 2


def test_differences_of_one_kind_are_one_cause(desk: Desk) -> None:
    """Hours whose counts differ by other figures have one reason; another kind of difference is another."""
    for number, table in enumerate(("orders", "customers")):
        rows = Fact.of("rows_differ", key=f"shop/{table}/1.csv", in_main=number, loaded=3, added=0)
        desk.state(table, number, "mismatch", rows)
    desk.state("returns", 0, "mismatch", Fact.of("unknown_rows", rows=2, file_id=1))

    assert desk.tell(2).opened == (
        "mismatch: 2 tables of shop, 2018-09-06T10 to 2018-09-06T11",
        "mismatch: shop.returns, 2018-09-06T10",
    )


def test_errors_that_differ_in_figures_are_one_incident_of_a_table(desk: Desk) -> None:
    """Hours of a table that failed with the same kind of error are told as one, with their number."""
    for number in range(3):
        error = f"shop/orders/{number}.csv cannot be read at byte {number}"
        desk.state("orders", number, "failed", Fact.of("load_failed", error=error, kind="LoadError"))

    (incident,) = gather(desk.connection, desk.catalog, at(3))

    assert (incident.hours, incident.first, incident.last) == (3, at(0), at(2))
    assert incident.fingerprint == "load_failed LoadError: # cannot be read at byte #"
    assert incident.reason == "shop/orders/2.csv cannot be read at byte 2"


def test_alerts_keep_no_values(desk: Desk) -> None:
    """What is kept of an error is its fingerprint: the ledger has its words, in which values may be."""
    error = 'value "secret" is out of range: Key (name)=(secret) of shop/secret.csv'
    desk.state("orders", 0, "failed", Fact.of("load_failed", error=error, kind="DataError", sqlstate="22003"))
    desk.find("stranger", "shop/orders/secret.txt is not loaded", "orders", subject="key")
    desk.tell(1)

    assert "secret" not in str(desk.query("SELECT kind, fingerprint, members, told FROM lake_assets.alerts"))


def test_a_finding_of_an_unheard_of_kind_is_told_by_its_figures(desk: Desk, inbox: Inbox) -> None:
    """What a later version finds is told by an earlier one too, which has no words for it."""
    desk.told_by(inbox.url).find("something_new", "", "orders")
    desk.connection.execute("""UPDATE lake_assets.findings SET evidence = '{"rows": 3, "key": "x"}'""")
    desk.tell(1)

    assert inbox.told == ["warning: something new: shop.orders"]
    assert "  why: key: x, rows: 3\n" in bodies(inbox)[0]


def test_the_newest_reason_is_told(desk: Desk) -> None:
    """Of hours that have one cause the reason of the last is given."""
    for number, why in enumerate(("12 of 40 records", "13 of 40 records")):
        desk.state("orders", number, "failed", why)

    (incident,) = gather(desk.connection, desk.catalog, at(2))

    assert incident.reason == "13 of 40 records"


@pytest.mark.parametrize(
    ("run_id", "state", "hour", "ended", "told"),
    [
        ("run", "failed", 0, 0, False),
        ("other", "loaded", 0, 0, False),
        ("other", "failed", 0, 0, True),
        ("other", "loaded", 0, 10**6, True),
        ("other", "loaded", 5, 0, True),
    ],
    ids=["its own", "since", "not well", "before", "another hour"],
)
def test_which_failed_runs_are_told(
    desk: Desk, run_id: str, state: str, hour: int, ended: int, *, told: bool
) -> None:
    """A failed run is told unless it settled its hours itself, or they are well by a later load."""
    desk.state("orders", hour, state)
    run = FailedRun(run_id, "load", ("shop.orders",), at(0), at(0), "no disk", at(ended))

    kinds = {incident.kind for incident in gather(desk.connection, desk.catalog, at(1), runs=[run])}

    assert ("run_failed" in kinds) is told


def test_runs_that_fail_for_reasons_that_differ_in_figures_are_one_cause(desk: Desk) -> None:
    """Figures and keys are left aside where the errors of runs are compared, too."""
    runs = [
        FailedRun(table, "load", (f"shop.{table}",), error=f"shop/{table}/{number}.csv: {number} bytes")
        for number, table in enumerate(("orders", "customers"))
    ]

    assert desk.tell(1, runs).opened == ("run failed: 2 tables of shop",)
    assert desk.tell(2).open == 1  # a command does not look for runs
    assert desk.tell(3, []).open == 0


def test_tables_missing_from_different_hours_on_are_different_causes(desk: Desk) -> None:
    """Tables whose files stopped an hour apart are two alerts, found at once or not."""
    desk.state("orders", range(2), "missing")
    desk.state("customers", 1, "missing")

    assert len(desk.tell(2).opened) == 2


def test_tables_that_left_the_catalog_are_not_told(desk: Desk) -> None:
    """What is known of a table or source that nobody wants any more is nobody's business; the lake's is."""
    desk.state("former", 0, "missing")
    desk.connection.execute(
        "INSERT INTO lake_assets.findings (kind, source, subject, evidence, note) VALUES "
        """('stranger', 'former', 'key', '{"noted": "odd"}', ''), """
        """('unknown_source', '', 'crm', '{"noted": "a folder"}', ''), """
        """('loose_objects', '', 's3://lake/cdc', '{"noted": "objects"}', '')"""
    )

    assert set(desk.tell(1).opened) == {"unknown source: crm", "loose objects: s3://lake/cdc"}


def test_findings_are_told_and_so_is_their_end(desk: Desk, inbox: Inbox) -> None:
    """Unknown folders are one message with the command that adds them, and told when they are gone."""
    desk.told_by(inbox.url)
    desk.find(
        "unknown_table", "The lake has the folder shop/x, and the catalog no table for it.", subject="x"
    )
    desk.find(
        "unknown_table", "The lake has the folder shop/y, and the catalog no table for it.", subject="y"
    )
    desk.tell(1)
    desk.connection.execute("UPDATE lake_assets.findings SET gone_at = now()")
    desk.tell(2)

    assert inbox.told == [
        "warning: unknown table: 2 folders of shop",
        "success: over: unknown table: 2 folders of shop",
    ]
    assert "Add them to the catalog:\n  lake-assets discover shop" in bodies(inbox)[0]


def test_findings_after_a_day_without_any_are_told_anew(desk: Desk) -> None:
    """A table whose volumes are odd now and then is told of once, and again after a day without any."""
    for number, opened in ((0, 1), (20, 0), (50, 1)):
        desk.connection.execute(
            "INSERT INTO lake_assets.findings (kind, source, table_name, hour, evidence, note) "
            """VALUES ('volume', 'shop', 'orders', %s, '{"noted": "few"}', '')""",
            [at(number)],
        )
        assert len(desk.tell(number + 1).opened) == opened


@pytest.mark.parametrize(("beat", "silent"), [(None, False), (0.0, True), (0.5, False)])
def test_a_judge_that_has_not_run_for_two_hours_is_told(
    desk: Desk, beat: float | None, *, silent: bool
) -> None:
    """The dead man's switch: a last run more than two hours ago is an alert; one that never was is not."""
    if beat is not None:
        desk.beat(beat)

    opened = desk.tell(2.25).opened

    assert opened == (("judge silent: the judge",) if silent else ())


def test_a_judge_that_runs_again_ends_its_alert(desk: Desk, inbox: Inbox) -> None:
    """Silence is told once, with the last run, and so is its end."""
    desk.told_by(inbox.url).beat(0)
    for number in (3, 4, 5):
        desk.tell(number)
    desk.beat(5)
    desk.tell(5)

    assert inbox.told == ["failure: judge silent: the judge", "success: over: judge silent: the judge"]
    assert "  why: the judge last ran at 2018-09-06T10:00Z\n" in bodies(inbox)[0]


def test_a_source_that_is_not_judged_is_told(desk: Desk) -> None:
    """A source that alone is not judged is told, until it is, or a load has looked at everything."""
    desk.beat(3)
    desk.beat(0, "judge:shop")
    desk.beat(0, "judge:former")

    assert desk.tell(3).opened == ("judge silent: the judge of shop",)

    desk.beat(3, "load")
    assert desk.tell(4).open == 0
    desk.beat(4)
    desk.beat(4, "judge:shop")
    assert desk.tell(5.5).open == 0


def test_a_cause_that_mends_before_it_is_told_leaves_nothing(desk: Desk) -> None:
    """A stale hour that is loaded in time was never an alert."""
    desk.state("orders", 0, "stale")
    assert desk.tell(1).open == 0
    assert desk.query("SELECT count(*), count(told_at) FROM lake_assets.alerts") == [(1, 0)]
    desk.state("orders", 0, "loaded")
    desk.tell(2)

    assert desk.query("SELECT count(*) FROM lake_assets.alerts") == [(0,)]


def test_the_open_alert_is_kept_up_to_date(desk: Desk) -> None:
    """Between messages the alert's row says how things are now, though a later version wrote it."""
    desk.state("orders", 0, "missing", NOTE)
    desk.tell(1)
    desk.state("orders", range(1, 5), "missing", NOTE)
    later = """UPDATE lake_assets.alerts SET members = jsonb_set(members, '{0,later}', '"version"')"""
    desk.connection.execute(later)
    desk.tell(5)

    assert desk.query("SELECT title, tables, hours, severity FROM lake_assets.alerts") == [
        ("missing: shop.orders, 2018-09-06T10 to 2018-09-06T14", ["shop.orders"], 5, "failure")
    ]
