"""Proves that alerts of an older version go on under this one: nothing is told twice, and every end is."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lake_assets.ledger import install
from lake_assets_tests.fix_alerts import FIRST, Desk, Inbox, at

OLD_MIGRATIONS = 2
"""The ledger's migrations before alerts had fingerprints."""


@pytest.fixture
def old_desk(desk: Desk, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a desk whose ledger is as it was before alerts had fingerprints."""
    connection.execute("DROP SCHEMA lake_assets CASCADE")
    with monkeypatch.context() as patch:
        known = install.migrations()[:OLD_MIGRATIONS]
        patch.setattr(install, "migrations", lambda: known)
        install.install(connection)
    return desk


def open_old(desk: Desk, kind: str, mark: str, **fields: object) -> None:
    """Write an alert as the older version did, told an hour after `FIRST`."""
    member = {
        "kind": kind,
        "source": "shop",
        "table": "orders",
        "mark": mark,
        "gist": mark,
        "first": FIRST.isoformat(),
        "last": FIRST.isoformat(),
        "hours": 1,
        "records": 0,
        "loaded": 0,
        "quarantined": 0,
        "reason": "",
        "subject": "",
        **fields,
    }
    desk.connection.execute(
        "INSERT INTO lake_assets.alerts (kind, source, cause, severity, title, body, tables, hours, "
        "opened_at, told_at, told_hours, told, whole, members) "
        "VALUES (%s, 'shop', %s, 'failure', 'title', 'body', '{}', 1, %s, %s, 1, %s, false, %s)",
        [
            kind,
            member["gist"],
            at(1),
            at(1),
            Jsonb([[kind, "shop", member["table"], mark]]),
            Jsonb([member]),
        ],
    )


def test_what_was_told_is_not_told_again(old_desk: Desk, inbox: Inbox) -> None:
    """What is wrong as before goes on with the alert that it had, by the same key."""
    open_old(old_desk, "missing", "2018-09-06T10")
    open_old(old_desk, "failed", "# of # records", table="customers", first=None, last=None)
    open_old(old_desk, "quarantined", "2018-09-06T10", table="returns", gist="", first=None, last=None)
    install.install(old_desk.connection)
    old_desk.state("orders", range(2), "missing", "no file came")
    old_desk.state("customers", 0, "failed", "12 of 40 records")
    old_desk.state("returns", 0, "quarantined", bad=2)

    assert old_desk.told_by(inbox.url).tell(2).opened == ()
    assert old_desk.query("SELECT fingerprint, hours FROM lake_assets.alerts ORDER BY id") == [
        ("2018-09-06T10", 2),
        ("# of # records", 1),
        ("", 1),
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "name"),
    [
        ("missing", {}, "shop.orders, 2018-09-06T10"),
        ("run_failed", {"table": "", "mark": "__ASSET_JOB shop.a shop.b"}, "shop.a shop.b, 2018-09-06T10"),
        ("run_failed", {"table": "", "mark": "judge of shop", "first": None}, "judge of shop"),
        ("unknown_table", {"table": "", "subject": "x", "first": None}, "shop/x"),
    ],
    ids=["hours", "tables", "job", "folder"],
)
def test_an_end_is_told_by_the_name_of_the_beginning(
    old_desk: Desk, inbox: Inbox, kind: str, fields: dict[str, object], name: str
) -> None:
    """What an alert of the older version was about is called the same when it is over."""
    open_old(old_desk, kind, **{"mark": "mark", **fields})  # type: ignore[arg-type]
    install.install(old_desk.connection)

    old_desk.told_by(inbox.url).tell(2, runs=[])

    assert inbox.told == [f"success: over: {kind.replace('_', ' ')}: {name}"]


def test_the_end_of_hours_whose_files_went_says_so(old_desk: Desk, inbox: Inbox) -> None:
    """That files were removed, which the older version kept in words, is known of its alerts as a fact."""
    reason = "shop/orders/1.csv: removed from the lake since it was loaded (3 records)"
    open_old(old_desk, "missing", "2018-09-06T10", reason=reason)
    install.install(old_desk.connection)

    old_desk.told_by(inbox.url).tell(2)

    assert inbox.received[0]["message"].startswith("This is over: Files that were loaded are gone")


def test_no_sentence_of_the_older_version_is_kept(old_desk: Desk) -> None:
    """Words, in which there may be names of files, are kept in messages alone."""
    open_old(old_desk, "missing", "2018-09-06T10", reason="shop/orders/secret.csv: removed")
    install.install(old_desk.connection)

    ((members,),) = old_desk.query("SELECT members FROM lake_assets.alerts")
    assert sorted(members[0]) == [
        "codes", "dedup_key", "fingerprint", "first", "hours", "kind", "label", "last", "source", "subject",
        "table",
    ]  # fmt: skip
