"""Proves which incidents have one cause, and what is told of it when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from lake_assets.alerts.causes import decide
from lake_assets.alerts.explanation import Explanation
from lake_assets.alerts.incident import Incident
from lake_assets.alerts.open_alert import OpenAlert, Step
from lake_assets.hours import ONE_HOUR, format_hour

START = datetime(2018, 9, 6, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(number: float) -> datetime:
    """Give a moment, in hours from `START`."""
    return START + number * ONE_HOUR


def missing(table: str, first: int, last: int | None = None, source: str = "shop") -> Incident:
    """Give hours that follow each other and are missing, as the ledger groups them."""
    last = first if last is None else last
    begin = format_hour(at(first))
    return Incident(
        kind="missing",
        source=source,
        table=table,
        dedup_key=begin,
        fingerprint=begin,
        first=at(first),
        last=at(last),
        hours=last - first + 1,
    )


def failed(table: str, first: int, why: str = "the disk is full", last: int | None = None) -> Incident:
    """Give hours whose load failed for one reason."""
    last = first if last is None else last
    return Incident(
        kind="failed",
        source="shop",
        table=table,
        dedup_key=why,
        fingerprint=why,
        first=at(first),
        last=at(last),
        hours=last - first + 1,
    )


def stale(table: str, first: int, last: int) -> Incident:
    """Give hours that are not loaded yet."""
    return Incident(
        kind="stale",
        source="shop",
        table=table,
        dedup_key=format_hour(at(first)),
        first=at(first),
        last=at(last),
        hours=last - first + 1,
    )


def finding(kind: str, table: str = "", subject: str = "") -> Incident:
    """Give a finding of the judge."""
    return Incident(
        kind=kind,
        source="shop",
        table=table,
        dedup_key=f"{kind} {subject}".strip(),
        explanation=Explanation(kind=kind, details={"noted": f"{kind}!"}),
        subject=subject,
    )


def quarantined(last: int, hours: int) -> Incident:
    """Give hours from the first one on of which some have records in quarantine."""
    return Incident(
        kind="quarantined",
        source="shop",
        table="orders",
        dedup_key=format_hour(START),
        first=at(0),
        last=at(last),
        hours=hours,
    )


@dataclass
class Watch:
    """Somebody who is told, tick by tick, and the alerts that are open meanwhile."""

    alerts: list[OpenAlert] = field(default_factory=list)
    _count: int = 0

    def tick(self, now: datetime, *incidents: Incident, unseen: frozenset[str] = frozenset()) -> list[str]:
        """Decide, keep what was decided, and give what was told as `event kind: tables`."""
        steps = decide(incidents, self.alerts, now, unseen=unseen)
        aside = [alert for alert in self.alerts if alert.kind in unseen]
        self.alerts = aside + [self._kept(step, now) for step in steps if not step.over]
        return sorted(
            f"{step.event} {step.kind}: {' '.join(sorted({one.table or one.name for one in step.incidents}))}"
            for step in steps
            if step.event
        )

    def _kept(self, step: Step, now: datetime) -> OpenAlert:
        before, first = step.alert, step.incidents[0]
        if before is None:
            self._count += 1
        return OpenAlert(
            id=before.id if before else self._count,
            kind=step.kind,
            source=first.source,
            fingerprint=before.fingerprint if before else first.fingerprint,
            opened_at=before.opened_at if before else now,
            told_at=now if step.event else before.told_at if before else None,
            told_hours=step.hours if step.event else before.told_hours if before else 0,
            whole=len({one.table for one in step.incidents}) >= 3,
            members=step.incidents,
            told=step.told,
        )


@pytest.fixture
def watch() -> Watch:
    """Give somebody who has been told of nothing yet."""
    return Watch()


def tables(number: int, first: int, last: int | None = None) -> Sequence[Incident]:
    """Give many tables that miss the same hours."""
    return [missing(f"t{index:03}", first, last) for index in range(number)]


def test_a_table_missing_for_hours_is_told_once_and_so_is_its_end(watch: Watch) -> None:
    """Five missing hours that follow each other are one alert and one end."""
    told = [watch.tick(at(hour + 1), missing("orders", 0, hour)) for hour in range(5)]

    assert told == [["opened missing: orders"], [], [], [], []]
    assert watch.tick(at(6)) == ["closed missing: orders"]
    assert watch.tick(at(7)) == []


def test_many_tables_missing_in_one_hour_are_one_alert(watch: Watch) -> None:
    """Two hundred tables that miss the same hour are told of in one message, with a list."""
    (told,) = watch.tick(at(1), *tables(200, 0))

    assert told.startswith("opened missing: t000 t001 ")
    assert told.endswith(" t199")


def test_a_source_that_falls_silent_is_told_once(watch: Watch) -> None:
    """All tables missing from an hour on are one alert, however long it lasts, and one end."""
    told = [watch.tick(at(hour + 1), *tables(200, 0, hour)) for hour in range(6)]

    assert [len(tick) for tick in told] == [1, 0, 0, 0, 0, 0]
    assert len(watch.tick(at(7))) == 1


@pytest.mark.parametrize("last", [12, 13])
def test_a_daily_table_of_a_silent_source_has_the_same_cause(watch: Watch, last: int) -> None:
    """A table that is due later, of a source that still delivers nothing, joins its alert."""
    watch.tick(at(1), *tables(3, 0))

    assert watch.tick(at(14), *tables(3, 0, last), missing("daily", 13)) == [
        "grown missing: daily t000 t001 t002"
    ]


def test_a_table_missing_after_its_source_spoke_again_is_another_cause(watch: Watch) -> None:
    """Hours of an earlier silence that nobody mended do not swallow what goes missing later."""
    watch.tick(at(1), *tables(3, 0))

    assert watch.tick(at(9), *tables(3, 0), missing("t000", 8)) == ["opened missing: t000"]


def test_what_went_missing_long_ago_is_told_together(watch: Watch) -> None:
    """Years of hours missing here and there, seen for the first time, are one alert, and told once."""
    nights = [missing(table, 24 * day, 24 * day + 8) for day in range(1000) for table in ("a", "b")]

    for hour, told in enumerate((["opened missing: a b"], [])):
        assert watch.tick(at(24 * 1010 + hour), *nights) == told
        assert [[member.hours for member in alert.members] for alert in watch.alerts] == [[9000, 9000]]
    assert watch.tick(at(24 * 1010 + 2), *nights[2:], missing("b", 24 * 1010)) == ["opened missing: b"]
    assert watch.tick(at(24 * 1010 + 3), missing("b", 24 * 1010)) == ["closed missing: a b"]


def test_hours_mended_in_the_middle_leave_one_cause(watch: Watch) -> None:
    """A stretch of missing hours that a file has parted is told neither again nor as over."""
    watch.tick(at(9), missing("orders", 0, 8))

    assert watch.tick(at(10), missing("orders", 0, 3), missing("orders", 5, 9)) == []
    assert watch.tick(at(11), missing("orders", 6, 9)) == []
    assert watch.tick(at(12)) == ["closed missing: orders"]


def test_different_kinds_are_different_causes(watch: Watch) -> None:
    """A table that fails and one that is missing in the same hour are two alerts."""
    assert watch.tick(at(1), failed("customers", 0), missing("orders", 0)) == [
        "opened failed: customers",
        "opened missing: orders",
    ]


def test_mended_and_broken_again_is_a_new_alert(watch: Watch) -> None:
    """A cause that is over and comes back is told anew."""
    watch.tick(at(1), failed("orders", 0))
    watch.tick(at(2))

    assert watch.tick(at(3), failed("orders", 0)) == ["opened failed: orders"]


def test_hours_missing_before_and_after_good_ones_are_two_causes(watch: Watch) -> None:
    """A missing hour that nobody mended does not hide one that goes missing later."""
    watch.tick(at(1), missing("orders", 0))

    assert watch.tick(at(6), missing("orders", 0), missing("orders", 5)) == ["opened missing: orders"]
    assert watch.tick(at(7), missing("orders", 5)) == ["closed missing: orders"]


def test_tables_that_fail_for_one_reason_are_one_alert(watch: Watch) -> None:
    """Failures of a source are grouped by their reason."""
    assert watch.tick(
        at(1), failed("a", 0), failed("b", 0), failed("c", 0, "column x is not in the file")
    ) == ["opened failed: a b", "opened failed: c"]


def test_a_failure_whose_reason_changes_is_the_same_cause(watch: Watch) -> None:
    """An hour that fails for another reason at its next try is not told of again."""
    watch.tick(at(1), failed("orders", 0))

    assert watch.tick(at(2), failed("orders", 0, "column x is not in the file")) == []


def test_tables_judged_a_little_later_join(watch: Watch) -> None:
    """Tables found minutes later with the same cause are told in one more message, not each by itself."""
    watch.tick(at(1), missing("a", 0))

    assert watch.tick(at(1) + MINUTE, missing("a", 0), missing("b", 0)) == []
    assert watch.tick(at(1) + 2 * MINUTE, *(missing(name, 0) for name in "abc")) == []
    assert watch.tick(at(1) + 16 * MINUTE, *(missing(name, 0) for name in "abc")) == ["grown missing: a b c"]
    assert watch.tick(at(1) + 40 * MINUTE, *(missing(name, 0) for name in "abc")) == []


def test_a_table_that_breaks_again_while_others_still_are_is_told(watch: Watch) -> None:
    """Leaving an alert and coming back to it is not passed over."""
    watch.tick(at(1), failed("a", 0), failed("b", 0))
    assert watch.tick(at(1) + 20 * MINUTE, failed("a", 0)) == []

    assert watch.tick(at(1) + 40 * MINUTE, failed("a", 0), failed("b", 0)) == ["grown failed: a b"]


def test_a_cause_that_lasts_is_told_again_each_day(watch: Watch) -> None:
    """What is urgent has one reminder a day."""
    told = [watch.tick(at(hour + 1), missing("orders", 0, hour)) for hour in range(49)]

    assert [hour for hour, tick in enumerate(told) if tick] == [0, 24, 48]
    assert told[24] == ["reminder missing: orders"]


def test_a_warning_that_does_not_grow_is_told_again_each_week(watch: Watch) -> None:
    """What is not urgent has a reminder a week, and one a day only as long as it grows."""
    bad, growing = quarantined(last=0, hours=1), quarantined(last=20, hours=5)
    watch.tick(at(1), bad)

    assert watch.tick(at(26), bad) == []
    assert watch.tick(at(27), growing) == ["reminder quarantined: orders"]
    assert watch.tick(at(27 + 167), growing) == []
    assert watch.tick(at(27 + 168), growing) == ["reminder quarantined: orders"]


def test_stale_hours_that_are_loaded_soon_are_not_told(watch: Watch) -> None:
    """Files that lie there for less than two hours are nobody's business, tick after tick."""
    told = [watch.tick(at(hour), stale("orders", hour, hour)) for hour in range(6)]

    assert told == [[]] * 6


def test_stale_hours_that_stay_are_told(watch: Watch) -> None:
    """An hour that is not loaded for two hours is told once, and its end when all are loaded."""
    watch.tick(at(1), stale("orders", 0, 0))

    assert watch.tick(at(2), stale("orders", 0, 1)) == []
    assert watch.tick(at(3), stale("orders", 0, 2)) == ["opened stale: orders"]
    assert watch.tick(at(4), stale("orders", 2, 3)) == []
    assert watch.tick(at(5)) == ["closed stale: orders"]


def test_a_catch_up_that_moves_on_is_not_told(watch: Watch) -> None:
    """Many stale hours of which the oldest is loaded each time are left to the one who loads them."""
    told = [watch.tick(at(100 + number), stale("orders", number, 90)) for number in range(5)]

    assert told == [[]] * 5


def test_what_has_mended_before_it_was_told_has_no_end(watch: Watch) -> None:
    """Nobody is told of the end of what they were never told of."""
    watch.tick(at(1), stale("orders", 0, 0))

    assert watch.tick(at(2)) == []


@pytest.mark.parametrize("why", ["no_folder", "suspended_table"])
def test_a_finding_explains_the_missing_hours(watch: Watch, why: str) -> None:
    """A table whose missing hours have a finding is told of once, in whichever order they are found."""
    assert watch.tick(at(1), finding(why, "orders"), missing("orders", 0)) == ["opened missing: orders"]
    assert watch.tick(at(2), finding(why, "orders"), missing("orders", 0, 1)) == []
    assert watch.tick(at(3)) == ["closed missing: orders"]

    assert watch.tick(at(4), finding(why, "orders")) == [f"opened {why}: orders"]
    assert watch.tick(at(5), finding(why, "orders"), missing("orders", 4)) == []
    assert watch.tick(at(6)) == [f"closed {why}: orders"]


def test_a_silent_source_and_its_missing_tables_are_one_cause(watch: Watch) -> None:
    """The finding that a source delivers nothing, and its tables' missing hours, are told once."""
    assert watch.tick(at(1), finding("silent_source")) == ["opened silent_source: shop"]
    assert watch.tick(at(2), finding("silent_source"), *tables(5, 1)) == []
    assert watch.tick(at(3)) == ["closed silent_source: shop"]


def test_unknown_tables_are_one_alert(watch: Watch) -> None:
    """Folders that no catalog names are told in one message for each source."""
    assert watch.tick(
        at(1), finding("unknown_table", "a", "shop/a"), finding("unknown_table", "b", "shop/b")
    ) == ["opened unknown_table: a b"]


def test_an_unheard_of_kind_is_told_too(watch: Watch) -> None:
    """A finding of a kind that has no rules of its own is not passed over."""
    assert watch.tick(at(1), finding("something_new", "orders")) == ["opened something_new: orders"]


def test_what_was_not_looked_for_stays(watch: Watch) -> None:
    """Where nobody looked for failed runs, their alerts are not over."""
    run = Incident(
        kind="run_failed",
        source="shop",
        table="orders",
        dedup_key="load shop.orders",
        fingerprint="out of memory",
        subject="4711",
    )
    watch.tick(at(1), run)

    assert watch.tick(at(2), unseen=frozenset({"run_failed"})) == []
    assert watch.tick(at(3)) == ["closed run_failed: orders"]


def test_sources_are_kept_apart(watch: Watch) -> None:
    """Tables of two sources are two alerts: different people mend them."""
    assert len(watch.tick(at(1), missing("a", 0), missing("a", 0, source="crm"))) == 2


def test_a_source_that_speaks_again_and_a_later_gap_are_two_causes(watch: Watch) -> None:
    """What goes missing when a silence has just ended is told anew, beside the end."""
    watch.tick(at(1), *tables(3, 0))

    assert watch.tick(at(9), missing("t000", 8)) == [
        "closed missing: t000 t001 t002",
        "opened missing: t000",
    ]


def test_a_table_missing_later_is_another_cause_than_one_that_still_is(watch: Watch) -> None:
    """Only where all of a source is silent does a table that goes missing hours later join."""
    watch.tick(at(1), missing("a", 0))

    assert watch.tick(at(14), missing("a", 0, 13), missing("b", 13)) == ["opened missing: b"]


def test_what_has_another_reason_or_source_does_not_join(watch: Watch) -> None:
    """Incidents found within minutes are one alert only if they have kind, source and reason in common."""
    crm, shop = missing("b", 0, source="crm"), missing("b", 0)
    watch.tick(at(1), failed("a", 0), crm)
    later = at(1) + MINUTE

    assert watch.tick(later, failed("a", 0), crm, failed("b", 0, "column x is not in the file"), shop) == [
        "opened failed: b",
        "opened missing: b",
    ]


def test_old_failures_are_told_by_their_reasons(watch: Watch) -> None:
    """Missing and quarantined hours of long ago are told as one; failures are mended by their reasons."""
    assert watch.tick(at(24 * 10), failed("a", 0), failed("b", 0, "column x is not in the file")) == [
        "opened failed: a",
        "opened failed: b",
    ]


def test_an_alert_is_over_as_what_it_was_told(watch: Watch) -> None:
    """A finding that joined an alert of missing hours, and outlasts them, does not change its kind."""
    watch.tick(at(1), *tables(3, 0))
    assert watch.tick(at(3), *tables(3, 0), finding("no_folder", "x")) == ["grown missing: t000 t001 t002 x"]
    watch.tick(at(4), finding("no_folder", "x"))

    assert watch.tick(at(5)) == ["closed missing: x"]


def test_another_finding_of_the_same_table_is_told(watch: Watch) -> None:
    """A file that is not loaded does not hide one that comes a day later."""
    first, second = (finding("stranger", "orders", name) for name in "ab")
    watch.tick(at(1), first)

    assert watch.tick(at(30), first, second) == ["opened stranger: orders"]


def test_hours_that_go_missing_before_those_that_are_told_are_told(watch: Watch) -> None:
    """A file taken away from an earlier hour is another cause."""
    watch.tick(at(9), missing("orders", 5, 8))

    assert watch.tick(at(11), missing("orders", 0), missing("orders", 5, 8)) == ["opened missing: orders"]


def test_a_finding_explains_its_own_table_and_source_alone(watch: Watch) -> None:
    """A suspended table or a silent source does not hide what is missing elsewhere, nor is it hidden."""
    elsewhere = missing("orders", 0, source="crm")

    assert watch.tick(at(1), finding("silent_source"), elsewhere) == [
        "opened missing: orders",
        "opened silent_source: shop",
    ]
    assert watch.tick(at(9), finding("suspended_table", "items"), missing("orders", 8)) == [
        "closed missing: orders",
        "closed silent_source: shop",
        "opened missing: orders",
        "opened suspended_table: items",
    ]


def test_a_finding_explains_the_hours_that_last() -> None:
    """Hours that went missing long before a table was suspended had a cause of their own."""
    hours = (missing("orders", 0), missing("orders", 5))

    (step, other) = decide([finding("suspended_table", "orders"), *hours], [], at(6))

    assert [one.reason for one in (*step.incidents, *other.incidents)] == ["", "suspended_table!"]
