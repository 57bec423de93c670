"""Proves `load.staging.inspection`: all files are looked at first, and none is fetched twice without need."""

from collections.abc import Iterator
from typing import Any

import pytest

from lake_assets.load.staging import inspection
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench

HEADER = "id,amount,placed_at,note"


@pytest.fixture
def fetched(bench: Bench) -> Iterator[list[str]]:
    """Return the keys that are fetched from S3, one for each request."""
    keys: list[str] = []
    event = "provide-client-params.s3.GetObject"

    def note(params: dict[str, Any], **_: Any) -> None:
        keys.append(params["Key"])

    bench.bucket.client.meta.events.register(event, note)
    yield keys
    bench.bucket.client.meta.events.unregister(event, note)


def test_the_file_of_an_hour_is_fetched_once(bench: Bench, fetched: list[str]) -> None:
    """What was read to look at the only file is the beginning of what is loaded."""
    key = bench.put(GOOD * 20_000)

    report = bench.load()

    assert (report.counts.loaded, fetched) == (60_000, [key])


def test_small_files_of_an_hour_are_fetched_once(bench: Bench, fetched: list[str]) -> None:
    """Several small files are kept from the look at them until they are loaded."""
    keys = [bench.put(GOOD, number=number) for number in range(3)]

    report = bench.load()

    assert (report.counts.loaded, fetched) == (9, keys)


def test_a_few_large_files_of_an_hour_are_fetched_once(
    bench: Bench, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too large to be held stays open from the look at it until it is loaded."""
    monkeypatch.setattr(inspection, "KEPT_BYTES", 0)
    keys = [bench.put(GOOD * 20_000, number=number) for number in range(3)]

    report = bench.load()

    assert (report.counts.loaded, fetched) == (60_000 * len(keys), keys)


def test_large_files_of_an_hour_are_not_held(
    bench: Bench, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no room and may not stay open is fetched again, in order, once all files were looked at."""
    monkeypatch.setattr(inspection, "KEPT_BYTES", 2 * len(GOOD))
    monkeypatch.setattr(inspection, "MOST_OPEN", 1)
    keys = [bench.put(GOOD, number=number) for number in range(5)]

    report = bench.load()

    assert (report.counts.loaded, fetched) == (15, [*keys, *keys[3:]])


def test_new_columns_of_all_files_are_added_at_once(any_bench: Bench) -> None:
    """Columns that only some files have are added in the order of the files, and told once."""
    any_bench.put(f"{HEADER},a\n1,1,2018-09-06,x,a1\n", number=1)
    any_bench.put(f"{HEADER},b,a\n2,2,2018-09-06,y,b2,a2\n", number=2)
    any_bench.put(f"{HEADER}\n3,3,2018-09-06,z\n", number=3)

    report = any_bench.load_twice()

    assert any_bench.rows("id, a, b") == [(1, "a1", None), (2, "a2", "b2"), (3, None, None)]
    assert (report.note or "").count("new columns, added as text: a, b") == 1


def test_a_bad_file_behind_a_good_one_changes_nothing(bench: Bench) -> None:
    """If a later file is refused for its columns, main has not got those of an earlier one."""
    table = bench.with_table(missing_columns="fail")
    table.put(f"{HEADER},new\n1,1,2018-09-06,x,a\n", number=1)
    table.put("id,amount,placed_at\n2,2,2018-09-06\n", number=2)

    report = table.load()

    assert report.state == "failed"
    assert f"{table.key(HOUR, 2)} has no column note" in (report.error or "")
    columns = bench.query("SELECT column_name FROM information_schema.columns WHERE table_schema = 'shop'")
    assert ("new",) not in columns
