"""Proves the law of loading: the warehouse is a function of the lake, not of the history of its loads."""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_assets.hours import ONE_HOUR
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_bench import HOUR, Bench

HOURS = [HOUR + number * ONE_HOUR for number in range(3)]
FILES = 2

GOOD = {"1,good": (1, "good"), "2,also good": (2, "also good")}

places = st.tuples(st.integers(0, len(HOURS) - 1), st.integers(1, FILES))
bodies = st.lists(st.sampled_from([*GOOD, "x,no number", "3", "4,too,wide"]), max_size=4)
writes = st.tuples(st.just("write"), places, bodies)
nothing: st.SearchStrategy[list[str]] = st.just([])
removals = st.tuples(st.just("remove"), places, nothing)
loads = st.tuples(st.just("load"), places, nothing)


@settings(
    max_examples=examples(5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(st.one_of(writes, loads, removals), max_size=12),
    order=st.permutations(HOURS),
    repeated=st.sampled_from(HOURS),
)
def test_the_warehouse_is_a_function_of_the_lake(
    bench: Bench,
    steps: list[tuple[str, tuple[int, int], list[str]]],
    order: list[datetime],
    repeated: datetime,
) -> None:
    """After any history of writes, removals and loads, one more load of each hour gives what the lake has."""
    table = bench.with_table({"id": "bigint", "note": "text"}, expect="sparse")
    lake: dict[tuple[int, int], list[str]] = {}
    for hour in range(len(HOURS)):
        for file in range(1, FILES + 1):
            bench.bucket.delete(table.key(HOURS[hour], file))

    for action, (hour, file), lines in steps:
        if action == "write":
            lake[hour, file] = lines
            table.put("".join(f"{line}\n" for line in ["id,note", *lines]), HOURS[hour], file)
        elif action == "remove" and lake.pop((hour, file), None) is not None:
            bench.bucket.delete(table.key(HOURS[hour], file))
        elif action == "load":
            table.load(HOURS[hour], followed_by="me")
    for wanted in [*order, repeated]:
        table.load(wanted, followed_by="me")

    for number, at in enumerate(HOURS):
        lines = [line for (place, _), body in lake.items() if place == number for line in body]
        good = sorted(GOOD[line] for line in lines if line in GOOD)
        if lines and not good:
            assert table.state(at)[0] == "failed"
            continue
        rows = [row[:2] for row in table.rows("id, note, _lake_hour") if row[2] == at]
        assert sorted(rows) == good
        assert table.state(at)[1:] == (len(lines), len(good), len(lines) - len(good))
        # That rows went with a removed file is told, and only history knows it.
        lost = not any(place == number for place, _ in lake) and table.state(at)[0] == "missing"
        assert table.check(at).passed is not lost
