"""Proves what is told of a warehouse's troubles, hour by hour, and in which words."""

from dataclasses import replace

import pytest

from lake_assets_tests.fix_alerts import Desk, Inbox

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


def test_the_end_says_what_the_hours_are_now(desk: Desk, inbox: Inbox) -> None:
    """The end of a cause names its tables and hours, and the states they are in."""
    desk.told_by(inbox.url).state("orders", range(3), "missing", NOTE)
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
    desk.state("customers", 0, "failed", 'value "secret" is out of range for type integer')
    desk.tell(1)

    quarantined = next(body for body in bodies(inbox) if "in quarantine" in body)
    assert "  expected 5 records in main, got 3; 2 in quarantine\n" in quarantined
    assert quarantined.count("  why: delay: invalid input syntax for type integer\n") == 1
    assert "lake-assets quarantine list shop.orders --from 2018-09-06T10 --to 2018-09-06T11\n" in quarantined
    assert "secret" not in str(inbox.received)


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
    """Quiet hours between missing ones do not make two causes of one; an hour with files does."""
    desk.state("orders", 0, "missing")
    assert len(desk.tell(1).opened) == 1
    desk.state("orders", range(1, 24), "quiet")
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


def test_tables_that_left_the_catalog_are_not_told(desk: Desk) -> None:
    """What is known of a table or source that nobody wants any more is nobody's business; unknown ones are."""
    desk.state("former", 0, "missing")
    desk.connection.execute(
        "INSERT INTO lake_assets.findings (kind, source, subject, note) "
        "VALUES ('stranger', 'former', 'key', 'odd'), ('unknown_source', '', 'crm', 'a folder')"
    )

    assert desk.tell(1).opened == ("unknown source: crm",)


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
    """Where the judge runs and cannot judge one source, that is told; sources without a catalog are not."""
    desk.beat(3)
    desk.beat(0, "judge:shop")
    desk.beat(0, "judge:former")

    assert desk.tell(3).opened == ("judge silent: the judge of shop",)


def test_a_cause_that_mends_before_it_is_told_leaves_nothing(desk: Desk) -> None:
    """A stale hour that is loaded in time was never an alert."""
    desk.state("orders", 0, "stale")
    desk.tell(1)
    assert desk.query("SELECT count(*), count(told_at) FROM lake_assets.alerts") == [(1, 0)]
    desk.state("orders", 0, "loaded")
    desk.tell(2)

    assert desk.query("SELECT count(*) FROM lake_assets.alerts") == [(0,)]


def test_the_open_alert_is_kept_up_to_date(desk: Desk) -> None:
    """Between messages, the alert's row says how things are now."""
    desk.state("orders", 0, "missing", NOTE)
    desk.tell(1)
    desk.state("orders", range(1, 5), "missing", NOTE)
    desk.tell(5)

    assert desk.query("SELECT title, tables, hours, severity FROM lake_assets.alerts") == [
        ("missing: shop.orders, 2018-09-06T10 to 2018-09-06T14", ["shop.orders"], 5, "failure")
    ]
