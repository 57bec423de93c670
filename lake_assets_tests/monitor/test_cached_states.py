"""Proves `cached_states`: what the judge settled today is recalled, and what has changed since is judged."""

from datetime import datetime, timedelta

import pytest

from lake_assets.hours import hours_between
from lake_assets.monitor import cached_states as recall
from lake_assets.monitor.cached_states import forget_sweeps, judge_or_recall
from lake_assets_tests.fix_monitor import Court, after, at, make_source

DAYS = 25 * 24


def states(court: Court, *, with_fine: bool) -> dict[datetime, str]:
    """Give the states that commands see."""
    table = court.source.tables[0]
    hours = list(hours_between(at(0), at(DAYS)))
    found = judge_or_recall(court.connection, court.lake, table, hours, with_fine=with_fine, now=court.now)
    assert len({result.hour for result in found}) == len(found)
    return {result.hour: result.state for result in found}


def test_of_very_many_files_what_the_judge_found_is_recalled(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old hours are as the judge found them, recent ones as the lake is now; old ones need not be told."""
    monkeypatch.setattr(recall, "MANY_FILES", -1)
    court.source = make_source(orders={"expect": "sparse"})
    court.put(1)
    court.now = after(DAYS)
    court.judge()
    court.put(2)
    court.put(DAYS - 3)

    few, all_of_them = states(court, with_fine=False), states(court, with_fine=True)

    attention = {hour: state for hour, state in all_of_them.items() if state == "stale"}
    assert attention == {at(1): "stale", at(DAYS - 3): "stale"}
    assert len(all_of_them) == DAYS
    assert few.items() <= all_of_them.items()
    assert attention.items() <= few.items()
    assert at(2) not in few
    assert at(DAYS - 400) in few


def test_files_of_old_hours_are_compared_with_the_ledger(court: Court) -> None:
    """A file that came into an old hour after the judge's look is seen; the other hours are recalled."""
    court.source = make_source(orders={"expect": "sparse"})
    court.now = after(DAYS)
    court.judge()
    court.put(2)

    found = states(court, with_fine=True)

    assert {hour: state for hour, state in found.items() if state == "stale"} == {at(2): "stale"}
    assert len(found) == DAYS


def test_what_the_judge_did_not_look_at_is_judged_now(court: Court) -> None:
    """Without a judge, or with one that stands still, all of the lake is listed."""
    court.source = make_source(orders={"expect": "sparse"})
    court.now = after(DAYS)
    court.judge()
    court.put(2)
    court.now += timedelta(hours=25)

    assert states(court, with_fine=False)[at(2)] == "stale"


def test_a_look_at_another_table_is_not_relied_on(court: Court) -> None:
    """That the judge has looked at one table says nothing of its neighbour."""
    court.source = make_source(orders={"expect": "sparse"}, items={"expect": "sparse"})
    court.now = after(DAYS)
    court.judge()
    court.connection.execute("UPDATE lake_assets.table_hours SET state = 'loaded' WHERE hour = %s", [at(2)])
    court.connection.execute("DELETE FROM lake_assets.sweeps WHERE table_name = 'orders'")

    assert states(court, with_fine=True)[at(2)] == "quiet"


def test_a_look_that_is_forgotten_is_not_relied_on(court: Court) -> None:
    """After the demo, which judges once, commands see what people change in old hours."""
    court.source = make_source(orders={"expect": "sparse"})
    court.now = after(DAYS)
    court.judge()
    court.put(2)

    forget_sweeps(court.connection)

    assert states(court, with_fine=False)[at(2)] == "stale"
