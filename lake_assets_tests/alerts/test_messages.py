"""Proves the words of alerts: short enough for any receiver, and fit to be pasted into a shell."""

from datetime import UTC, datetime

from lake_assets.alerts.background import Background
from lake_assets.alerts.explanation import Explanation
from lake_assets.alerts.incident import Incident
from lake_assets.alerts.messages import Message, write
from lake_assets.alerts.open_alert import Step

HOUR = datetime(2018, 9, 6, 10, tzinfo=UTC)


def message(*incidents: Incident) -> Message:
    """Write what is told of a new cause."""
    return write(Step(alert=None, incidents=incidents, event="opened"), Background())


def test_title_and_body_have_an_end() -> None:
    """Titles, reasons and bodies are cut at what chats take, and a reason is one line."""
    names = [f"{'t' * 60}_{number}" for number in range(40)]
    why = Explanation(kind="failed", evidence=[{"code": "noted", "text": "why\n" * 200}])
    written = message(*(Incident("failed", "s" * 60, name, explanation=why) for name in names))
    single = message(Incident("failed", "s" * 60, names[0], first=HOUR, last=HOUR, explanation=why))

    assert len(written.body) == 4000
    assert len(single.title) == 100
    (told,) = (line for line in single.body.splitlines() if "why" in line)
    assert len(told) == len("  why: ") + 300
    assert told.endswith("why why…")


def test_names_are_quoted_for_the_shell() -> None:
    """A folder whose name has blanks or worse is one word of the command that mends it."""
    source = message(Incident("unknown_source", "", subject="my shop; rm x"))
    table = message(Incident("unknown_table", "a b", subject="x"))

    assert source.body.endswith("lake-assets discover 'my shop; rm x'")
    assert table.body.endswith("lake-assets discover 'a b'")


def test_other_tables_are_mended_alike() -> None:
    """The command is that of the first table, and it is said that there are others."""
    tables = [Incident("stale", "shop", name, first=HOUR, last=HOUR) for name in ("a", "b")]

    assert message(*tables).body.endswith("--to 2018-09-06T11\nThe others alike.")
    assert message(tables[0]).body.endswith("--to 2018-09-06T11")
