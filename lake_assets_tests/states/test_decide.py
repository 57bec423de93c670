"""Proves `states.decide`: the rule that makes a state of evidence, fact by fact, without servers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.catalog.models import Column, Table
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.states.decide import Verdict, decide
from lake_assets.states.evidence import Evidence, LoadResult
from lake_assets.states.facts import MOST_KEPT, Fact, FactCode, Facts, bounded
from lake_assets.states.records import NOTHING, LedgerFile, LedgerHour
from lake_assets.states.sentences import describe, why
from lake_assets.states.state import LOADABLE, State

HOUR = datetime(2018, 9, 6, 10, tzinfo=UTC)
OVER = HOUR + timedelta(days=2)
RUNNING = HOUR + timedelta(minutes=30)
ODD_KEY = "shop/orders/a; b.csv"
FAILED = Fact.of("load_failed", error="no such type", kind="LoadError", sqlstate=None)
PROOF = Fact.of("nothing_moved")
STOPPED = Fact.of("task_not_running", task="t")


def table_of(**changes: Any) -> Table:
    """Make the table shop.orders."""
    return Table(source="shop", name="orders", columns=(Column(name="id", type="bigint"),), **changes)


def listed(key: str = ODD_KEY, etag: str = "e") -> LakeObject:
    """Give an object of the hour."""
    return LakeObject(key=key, etag=etag, size=9, last_modified=HOUR, hour=HOUR, kind="cdc")


def loaded(key: str = ODD_KEY, **changes: Any) -> LedgerFile:
    """Give a file of three records, as the ledger has it."""
    values: dict[str, Any] = {
        "id": 1,
        "hour": HOUR,
        "key": key,
        "etag": "e",
        "bytes": 9,
        "records": 3,
        "loaded": 3,
        "quarantined": 0,
        "superseded": 0,
        "filtered": 0,
        "added": 0,
        "dialect": {},
    }
    return LedgerFile(**values | changes)


def known(state: State, *facts: Fact) -> LedgerHour:
    """Give the hour as the ledger had it."""
    return LedgerHour(
        hour=HOUR, state=state, files=0, counts=NOTHING, run_id="r", updated_at=HOUR, facts=facts
    )


def evidence(**changes: Any) -> Evidence:
    """Give what is known of an hour."""
    values: dict[str, Any] = {"table": table_of(), "hour": HOUR} | changes
    return Evidence(**values)


def codes(facts: Facts) -> list[FactCode]:
    """Give the codes of facts."""
    return [fact.code for fact in facts]


def again(before: Evidence, verdict: Verdict, **changes: Any) -> Verdict:
    """Judge an hour once more, now that the ledger has what was found."""
    return decide(replace(before, known=known(verdict.state, *verdict.facts), load=None, **changes), OVER)


def test_an_hour_as_it_was_loaded_is_loaded_and_keeps_what_its_load_met() -> None:
    """Where lake, ledger and main agree nothing is found, and the notes of the load stay."""
    note = Fact.of("nul_bytes", key=ODD_KEY, count=2, policy="replace")
    verdict = decide(
        evidence(known=known("loaded", note), files=[loaded()], listed=[listed()], rows_in_main={1: 3}), OVER
    )

    assert (verdict.state, verdict.found, verdict.kept, verdict.reason) == ("loaded", (), (note,), None)


def test_a_failed_hour_keeps_its_reason_while_its_file_is_there() -> None:
    """However often it is looked at, the reason is the load's, and does not grow."""
    before = evidence(known=known("failed", FAILED), listed=[listed()])
    verdict = decide(before, OVER)

    assert (verdict.state, verdict.facts, verdict.reason) == ("failed", (FAILED,), "load_failed")
    assert again(before, verdict).facts == verdict.facts


@pytest.mark.parametrize(
    ("expect", "state"), [("hourly", "missing"), ("daily", "quiet"), ("sparse", "quiet")]
)
def test_a_failed_hour_whose_file_is_deleted_still_says_why_it_had_failed(expect: str, state: State) -> None:
    """Whatever the hour is without its file, nobody loses the reason; looking again changes nothing."""
    before = evidence(table=table_of(expect=expect), known=known("failed", FAILED))
    verdict = decide(before, OVER)

    assert verdict.state == state
    assert "its load had failed before: no such type" in (why(verdict) or "")
    assert again(before, verdict).facts == verdict.facts


def test_a_failed_hour_whose_loaded_file_is_deleted_says_both() -> None:
    """The file that went and the load that failed are two facts of one stale hour."""
    for policy, found in (("keep", "file_vanished"), ("follow", "file_removed")):
        table = table_of(vanished=policy)
        verdict = decide(evidence(table=table, known=known("failed", FAILED), files=[loaded()]), OVER)

        assert verdict.state == "stale"
        assert codes(verdict.facts) == [found, "had_failed"]


def test_a_file_of_the_running_hour_is_expected_and_can_be_loaded() -> None:
    """Of an hour that is not over nobody need look, whoever asks; a load takes what is there."""
    verdict = decide(evidence(listed=[listed()]), RUNNING)

    assert (verdict.state, verdict.passed, verdict.needs_load) == ("expected", True, True)
    assert again(evidence(listed=[listed()]), verdict).state == "stale"


@pytest.mark.parametrize("state", ["failed", "mismatch"])
def test_a_running_hour_that_is_wrong_is_told_at_once(state: State) -> None:
    """That an hour is not over excuses files that are not loaded, and nothing else."""
    verdict = decide(evidence(known=known(state, FAILED), listed=[listed()]), RUNNING)

    assert verdict.state == state


def test_files_that_were_loaded_and_are_gone_are_remembered_by_their_keys() -> None:
    """A key with a semicolon in it comes back whole, from load to check to check."""
    removed = Fact.of("file_removed", key=ODD_KEY, records=3)
    first = evidence(load=LoadResult(removed=(removed,)))
    verdict = decide(first, OVER)

    assert (verdict.state, verdict.found, verdict.reason) == ("missing", (removed,), "file_removed")
    assert again(first, verdict).found == (removed,)
    assert again(first, verdict, table=table_of(expect="sparse")).state == "missing"


def test_proof_makes_an_hour_quiet_and_lasts() -> None:
    """DMS's own word is believed, and stands until somebody asks again."""
    before = evidence(testimony=(PROOF,))
    verdict = decide(before, OVER)

    assert (verdict.state, verdict.kept, verdict.reason) == ("quiet", (PROOF,), "nothing_moved")
    assert again(before, verdict, testimony=None).state == "quiet"
    assert again(before, verdict, testimony=()).state == "missing"


@pytest.mark.parametrize(
    "spoiled",
    [
        {"testimony": (STOPPED, PROOF)},
        {"known": known("missing", Fact.of("file_removed", key="k", records=1)), "testimony": (PROOF,)},
    ],
    ids=["stopped", "lost"],
)
def test_proof_is_not_believed_of_a_table_that_stands_still_or_had_records(spoiled: dict[str, Any]) -> None:
    """Where DMS does not replicate the table, or records are gone, its word proves nothing."""
    assert decide(evidence(**spoiled), OVER).state == "missing"


def test_a_check_keeps_what_the_witnesses_had_said() -> None:
    """Only who asks the witnesses may replace their words."""
    before = evidence(testimony=(STOPPED,))
    verdict = decide(before, OVER)

    assert again(before, verdict, testimony=None).facts == verdict.facts


def test_a_mismatch_lasts_until_somebody_counts() -> None:
    """Where main is not counted the difference stands; where it is and agrees, the hour is loaded."""
    differs = Fact.of("rows_differ", key=ODD_KEY, in_main=2, loaded=3, added=0)
    before = evidence(known=known("mismatch", differs), files=[loaded()], listed=[listed()])

    assert decide(before, OVER).found == (differs,)
    assert decide(replace(before, rows_in_main={1: 3}), OVER).state == "loaded"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"rows_in_main": {1: 2}}, "rows_differ"),
        ({"rows_in_main": {1: 3, 7: 1}}, "unknown_rows"),
        ({"rows_in_main": {1: 3}, "held": {ODD_KEY: 1}}, "quarantine_differs"),
        ({"differences": (Fact.of("too_deep_to_count", key="k"),)}, "too_deep_to_count"),
    ],
)
def test_what_differs_from_the_ledger_is_a_mismatch(changes: dict[str, Any], found: FactCode) -> None:
    """Main, quarantine, child tables and a new count are each held against the ledger, waived or not."""
    for waived in (None, {ODD_KEY: "e"}):
        verdict = decide(evidence(files=[loaded()], listed=[listed()], waived_files=waived, **changes), OVER)

        assert (verdict.state, codes(verdict.found)) == ("mismatch", [found])


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"files": [loaded()], "table": table_of(vanished="follow")}, "file_removed"),
        ({"listed": [listed()]}, "file_not_loaded"),
        ({"files": [loaded()], "listed": [listed(etag="f")]}, "file_changed"),
        (
            {"files": [loaded(loaded=0, superseded=3)], "listed": [listed()], "is_newest_snapshot": True},
            "newer_snapshot_gone",
        ),
    ],
)
def test_what_the_lake_has_otherwise_makes_an_hour_stale(changes: dict[str, Any], found: FactCode) -> None:
    """Each way in which lake and ledger can differ asks for a load."""
    verdict = decide(evidence(**changes), OVER)

    assert (verdict.state, codes(verdict.found), verdict.needs_load) == ("stale", [found], True)


def test_a_table_that_cannot_be_loaded_fails_where_a_load_would_be_due() -> None:
    """The reason is the table's, and no load is asked for that could only fail."""
    refusal = Fact.of("mode_unsupported", table="shop.orders", load="merge")

    assert decide(evidence(listed=[listed()], cannot_load=refusal), OVER).found == (refusal,)
    assert not decide(evidence(listed=[listed()], cannot_load=refusal), RUNNING).needs_load


def test_a_load_that_changed_nothing_says_why() -> None:
    """The state follows from what went wrong."""
    differ = Fact.of("counts_differ", error="2 and 3", kind="CountMismatch", sqlstate=None)

    assert decide(evidence(load=LoadResult(failure=FAILED)), OVER).state == "failed"
    assert decide(evidence(load=LoadResult(failure=differ)), OVER).state == "mismatch"


def test_very_many_facts_are_kept_as_some_and_a_number() -> None:
    """A prefix with a hundred thousand files that went makes no row of tens of megabytes."""
    facts = tuple(Fact.of("file_removed", key=str(number), records=1) for number in range(MOST_KEPT + 5))

    kept = bounded(facts)

    assert len(kept) == MOST_KEPT + 1
    assert kept[-1] == Fact.of("more", count=5)
    assert (why(Verdict(HOUR, "stale", found=kept)) or "").endswith(f"; and {MOST_KEPT} more")


STATE_NAMES: tuple[State, ...] = ("missing", "quiet", "loaded", "failed", "mismatch", "stale", "waived")


@given(
    st.sampled_from(STATE_NAMES),
    st.lists(st.sampled_from([FAILED, PROOF, STOPPED, Fact.of("noted", text="x")]), max_size=3),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["hourly", "daily", "sparse"]),
    st.sampled_from([None, {}, {1: 3}, {1: 2}]),
)
def test_looking_again_finds_the_same(
    state: State, facts: list[Fact], has_file: bool, is_listed: bool, expect: str, rows: dict[int, int] | None
) -> None:
    """Whatever is known of an hour, a second look at the same evidence neither turns it nor adds to it."""
    before = evidence(
        table=table_of(expect=expect),
        known=known(state, *facts),
        files=[loaded()] if has_file else [],
        listed=[listed()] if is_listed else [],
        rows_in_main=rows,
        waived_files={} if state == "waived" else None,
    )
    first = decide(before, OVER)
    waived = before.waived_files if first.state == "waived" else None
    second = again(before, first, waived_files=waived)

    assert (second.state, second.facts) == (first.state, first.facts)
    assert second.needs_load is (second.state in LOADABLE and not second.is_held)
    assert describe(second)


def test_the_hour_after_is_not_yet_due() -> None:
    """An hour is expected until it and its grace are over, and missing from then on."""
    grace = table_of().grace
    for moment, state in ((HOUR + ONE_HOUR + grace, "missing"), (HOUR + ONE_HOUR, "expected")):
        assert decide(evidence(), moment).state == state


def test_what_only_a_deep_look_finds_stands_until_another() -> None:
    """A plain count that agrees does not unsay that values differ; a deep look that finds nothing does."""
    differing = Fact.of("values_differ", key=ODD_KEY)
    before = evidence(files=[loaded()], listed=[listed()], rows_in_main={1: 3})
    red = decide(replace(before, differences=(differing,), is_deep=True), OVER)

    assert codes(red.found) == ["values_differ"]
    assert again(before, red).found == red.found
    assert again(before, red, is_deep=True).state == "loaded"


def test_a_column_that_is_back_is_believed_once_rows_are_counted() -> None:
    """Main may have been dropped and made anew meanwhile: without a count the hour stays in need."""
    gone = Fact.of("columns_gone", table="shop.orders", columns=["amount"])
    before = evidence(files=[loaded()], listed=[listed()])
    red = decide(replace(before, differences=(gone,)), OVER)

    assert again(before, red, differences=(gone,)).found == (gone,)
    back = again(before, red)
    assert codes(back.found) == codes(again(before, back).found) == ["columns_were_gone"]
    assert again(before, back, rows_in_main={1: 3}).state == "loaded"


def test_a_column_that_came_later_makes_an_hour_stale() -> None:
    """An hour that was loaded without it is in need of a load, unless its files changed, which is more."""
    later = Fact.of("columns_not_loaded", table="shop.orders", columns=["note"])
    before = evidence(files=[loaded()], listed=[listed()], not_loaded=(later,))

    assert (decide(before, OVER).state, decide(before, OVER).reason) == ("stale", "columns_not_loaded")
    assert decide(replace(before, listed=[listed(etag="f")]), OVER).reason == "file_changed"
