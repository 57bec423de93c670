"""Proves that a load believes nothing S3 says: each fault on the wire fails its hour, and is over with it."""

from collections.abc import Callable

import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.lake import object_stream
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.fix_proxy import Answer, FaultyProxy
from lake_assets_tests.lake.tables import client_of

MANY = "".join(f"{number},1.00,2018-09-06 10:00:00,note\n" for number in range(30_000))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait before a stream is taken up again."""
    monkeypatch.setattr(object_stream, "PAUSES", (0.0,) * len(object_stream.PAUSES))


@pytest.fixture
def behind(bench: Bench, faulty_s3: FaultyProxy) -> Bench:
    """Return the bench with the proxy before its lake."""
    bucket = LakeBucket(client_of(faulty_s3), bench.bucket.bucket)
    return Bench(bench.url, bucket, bench.table)


def halve(answer: Answer) -> None:
    """Let half of the lines be all."""
    answer.give(answer.body[: answer.body.index(b"\n", len(answer.body) // 2) + 1])


def flip(answer: Answer) -> None:
    """Let a digit be another."""
    answer.body = answer.body.replace(b"1", b"3", 1)


def error_page(answer: Answer) -> None:
    """Let an error page come as if it were the object."""
    answer.give(b"<Error><Code>SlowDown</Code></Error>\n")


def no_length(answer: Answer) -> None:
    """Let nobody know how long the body is."""
    del answer.headers["content-length"]


def no_etag(answer: Answer) -> None:
    """Let nobody know which object it is."""
    del answer.headers["etag"]


def cut(answer: Answer) -> None:
    """Let the connection end each time after a byte."""
    answer.cut = 1


@pytest.mark.parametrize("spoil", [halve, flip, error_page, no_length, no_etag, cut])
def test_what_is_not_the_listed_file_fails_its_hour(
    behind: Bench, faulty_s3: FaultyProxy, spoil: Callable[[Answer], None]
) -> None:
    """The hour is failed with a sentence that names the file, and main is as it was; the next hour loads."""
    behind.put(GOOD)
    behind.load()
    before = behind.rows()
    key = behind.put(GOOD.replace("first", "other"))
    behind.put(GOOD, HOUR + ONE_HOUR)
    faulty_s3.spoil = lambda answer: spoil(answer) if answer.is_object and key in answer.path else None

    report = behind.load()

    assert report.state == "failed"
    assert key in (report.error or "")
    assert before == behind.rows()
    assert behind.load(HOUR + ONE_HOUR).state == "loaded"
    faulty_s3.spoil = lambda _: None
    assert behind.load().state == "loaded"


def test_the_ledger_says_what_proves_a_file(bench: Bench) -> None:
    """Beside how a file was read stands that its MD5 was compared."""
    bench.put(GOOD)
    bench.load()

    assert bench.query("SELECT dialect -> 'reasons' ->> 'bytes' FROM lake_assets.files") == [("md5",)]


def test_a_break_in_the_first_record_changes_nothing(behind: Bench, faulty_s3: FaultyProxy) -> None:
    """How a file is written is told by all of its beginning, though that came in two pieces."""
    behind.put(GOOD)
    faulty_s3.spoil_objects(lambda answer: setattr(answer, "cut", 20))

    assert behind.load().state == "loaded"
    assert [row[0] for row in behind.rows("id")] == [1, 2, 3]


def test_a_stream_that_breaks_off_costs_a_load_nothing(behind: Bench, faulty_s3: FaultyProxy) -> None:
    """Records and bytes are counted once, though the file came in pieces."""
    behind.put(MANY)
    faulty_s3.spoil_objects(lambda answer: setattr(answer, "cut", object_stream.CHUNK_BYTES + 3))

    report = behind.load()

    assert (report.state, report.counts.loaded) == ("loaded", 30_000)
    assert behind.query("SELECT count(*), count(DISTINCT id) FROM shop.orders") == [(30_000, 30_000)]
    assert len(faulty_s3.gets()) > 3


@pytest.mark.parametrize("spoil", [halve, flip, error_page, no_length])
def test_a_new_count_of_other_bytes_is_told(
    behind: Bench, faulty_s3: FaultyProxy, spoil: Callable[[Answer], None]
) -> None:
    """A deep check that cannot read a file as it was listed says so of its hour, and checks the others."""
    key = behind.put(GOOD)
    behind.load()
    faulty_s3.spoil_objects(spoil)

    checked = behind.check(deep=True)

    assert not checked.passed
    assert f"{key}: cannot be counted again: " in checked.description
