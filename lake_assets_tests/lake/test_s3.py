"""Proves `lake.s3` on a real S3 server: what is listed, and what is read. Faults are in `test_s3_faults`."""

import gzip
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from boto3.s3.transfer import TransferConfig
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lake_assets.hours import ONE_HOUR, RECENT, floor_hour, hours_between
from lake_assets.lake import s3
from lake_assets.lake.object_stream import CHUNK_BYTES
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.lake.tables import CHANGES, HOUR, source_of, table_of
from lake_assets_tests.lake.test_layout import DATE_FOLDERS, ZONES
from lake_assets_tests.lake.test_prefixes import LONGEST, TEMPLATES

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@pytest.mark.parametrize("prefix", ["", "dms", "/dms/prod 1/"])
def test_objects_are_listed_with_what_s3_says_of_them(
    client: "S3Client", lake_bucket: LakeBucket, prefix: str
) -> None:
    """An object has its whole key, entity tag, size and hour, below any prefix."""
    below = f"{prefix.strip('/')}/shop/orders/{CHANGES}".removeprefix("/")
    lake_bucket.put(below, b"1,a\n")
    lake_bucket.put(f"elsewhere/shop/orders/{CHANGES}", b"")
    head = client.head_object(Bucket=lake_bucket.bucket, Key=below)

    listing = Lake(client, lake_bucket.bucket, prefix).list_table(source_of(), table_of())

    expected = LakeObject(below, head["ETag"].strip('"'), 4, head["LastModified"], HOUR, "cdc")
    assert (listing.objects, listing.unmatched) == ((expected,), ())
    assert listing.objects[0].last_modified.tzinfo is UTC


def test_objects_are_sorted_by_hour_and_key_and_unmatched_by_key(lake: Lake, lake_bucket: LakeBucket) -> None:
    """Objects come by hour, then key; unmatched by key; markers and temporary files not at all."""
    names = ("20180906-101530123.csv", "2018/09/06/20180906-091530123.csv", "20180906-101530122.csv")
    for name in (*names, "b.csv", "a.csv", "_SUCCESS", "awsdms_status/LOAD00000001.csv", "2018/"):
        lake_bucket.put(f"shop/orders/{name}", b"")

    listing = lake.list_table("shop", table_of())

    expected = [f"shop/orders/{names[at]}" for at in (1, 2, 0)]
    assert expected == [found.key for found in listing.objects]
    assert [(hour, len(of)) for hour, of in listing.by_hour().items()] == [(HOUR - ONE_HOUR, 1), (HOUR, 2)]
    assert [f"shop/orders/{name}.csv" for name in "ab"] == [item.key for item in listing.unmatched]
    assert all("none of the names that DMS gives" in item.reason for item in listing.unmatched)


def test_objects_outside_the_hours_are_left_out_and_unmatched_are_not(
    lake: Lake, lake_bucket: LakeBucket
) -> None:
    """The first hour is in, the end is out, either may be open; unmatched belong to every range."""
    for hour in (9, 10, 11, 12):
        lake_bucket.put(f"shop/orders/20180906-{hour:02}5959999.csv", b"")
    for item in ("unknown.txt", "deep/inside/LOAD001.csv"):
        lake_bucket.put(f"shop/orders/{item}", b"")

    def hours_of(first: datetime | None, end: datetime | None) -> list[int]:
        listing = lake.list_table(source_of(), table_of(), first, end)
        assert len(listing.unmatched) == 2
        return [found.hour.hour for found in listing.objects]

    assert hours_of(HOUR, HOUR + 2 * ONE_HOUR) == [10, 11]
    assert hours_of(HOUR, None) == [10, 11, 12]
    assert hours_of(None, HOUR) == [9]
    assert hours_of(None, None) == [9, 10, 11, 12]


ODD_FOLDERS = (
    "a b+c",
    "plus+and %2B &",
    "größe №1",
    "日本",
    "a.b-c$d",
    "'quo\"te",
    "emoji 😀",
    "a/b",
    "a?b#c",
)


def test_keys_with_any_characters_are_listed_and_read(lake: Lake, lake_bucket: LakeBucket) -> None:
    """Blanks, `+`, `%` and letters of any language come back as they are in S3, and can be read."""
    keys = {folder: f"mein {folder}/{folder}/{folder.replace('/', '')}/LOAD001.csv" for folder in ODD_FOLDERS}
    for folder, key in keys.items():
        lake_bucket.put(key, folder.encode())

    for folder, key in keys.items():
        (listed,) = lake.list_table(source_of(f"mein {folder}"), table_of(folder)).objects

        assert listed.key == key
        assert b"".join(lake.open(listed)) == folder.encode()
        assert lake.url(listed) == lake.url(key) == f"s3://{lake_bucket.bucket}/{key}"


def test_an_empty_or_absent_folder_is_an_empty_listing(lake: Lake) -> None:
    """A table without a folder has no objects and no unmatched."""
    listing = lake.list_table(source_of(), table_of(), HOUR, HOUR + ONE_HOUR)

    assert (listing.objects, listing.unmatched, listing.by_hour()) == ((), (), {})


def test_another_table_with_the_same_beginning_is_not_listed(lake: Lake, lake_bucket: LakeBucket) -> None:
    """The files of `orders_old` are not those of `orders`."""
    lake_bucket.put(f"shop/orders_old/{CHANGES}", b"")

    assert lake.list_table(source_of(), table_of()).objects == ()


NOW = floor_hour(datetime.now(UTC))


@pytest.fixture(scope="module")
def full_bucket(s3_client: "S3Client") -> Iterator[LakeBucket]:
    """Fill a bucket with every DMS layout at once, for some days up to now, and with unmatched."""
    lake = LakeBucket(s3_client, f"full-{uuid4().hex}")
    s3_client.create_bucket(Bucket=lake.bucket)
    folders = Counter(folder for folder in DATE_FOLDERS for _ in range(6))
    for number, folder in enumerate(folders.elements()):
        moment = NOW - timedelta(hours=(number * 11) % 80)
        lake.put(f"shop/orders/{moment.strftime(folder)}{moment:%Y%m%d-%H0000123.csv}", b"")
        if number % 3 == 0:
            lake.put(f"shop/orders/{moment.strftime(folder)}LOAD{number:08X}.csv", b"")
    for hour in range(0, 72, 5):
        moment = NOW - timedelta(hours=hour)
        for template in TEMPLATES:
            parts = {"yyyy": f"{moment:%Y}", "mm": f"{moment:%m}", "dd": f"{moment:%d}", "hh": f"{moment:%H}"}
            lake.put(f"shop/{template.format(table='orders', **parts)}x.csv", b"")
    for name in (
        "p0/LOAD001.csv",
        "Ωδ/LOAD001.csv",
        "09/LOAD001.csv",
        " /LOAD001.csv",
        "a-b/x",
        "a/x",
        "a.b",
    ):
        lake.put(f"shop/orders/{name}", b"")
    yield lake
    s3_client.delete_bucket(Bucket=lake.bucket)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(10)
)
@given(
    back=st.integers(0, 84),
    length=st.integers(1, LONGEST),
    zone=st.sampled_from(ZONES),
    layout=st.sampled_from(("auto", "auto", *TEMPLATES)),
)
@example(back=0, length=1, zone="UTC", layout="auto")
@example(back=24, length=LONGEST, zone="Pacific/Chatham", layout="auto")
def test_a_narrow_listing_finds_what_a_full_one_finds(
    client: "S3Client",
    full_bucket: LakeBucket,
    back: int,
    length: int,
    zone: str,
    layout: str,
) -> None:
    """For any short range, layout and zone, listing only the likely parts gives the very same objects."""
    lake, table = Lake(client, full_bucket.bucket), table_of(zone=zone, layout=layout)
    first = NOW - timedelta(hours=back)
    end = first + timedelta(hours=length)

    full = lake.list_table(source_of(), table, first, end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "PAGE_KEYS", 7)
        narrow = lake.list_table(source_of(), table, first, end)

    assert full.objects == narrow.objects
    assert set(narrow.unmatched) <= set(full.unmatched)


def test_paging_gives_every_key_once(
    client: "S3Client", full_bucket: LakeBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing without a range goes through all pages and gives the same as one page does."""
    lake = Lake(client, full_bucket.bucket)
    at_once = lake.list_table(source_of(), table_of())
    monkeypatch.setattr(s3, "PAGE_KEYS", 7)

    assert at_once == lake.list_table(source_of(), table_of())
    assert len(at_once.objects) > 100


def test_a_few_hours_of_a_large_table_cost_few_requests(
    client: "S3Client", lake_bucket: LakeBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hour out of hundreds of files is found with a fixed number of requests, not page by page."""
    for hour in range(300):
        lake_bucket.put(f"shop/orders/{HOUR + hour * ONE_HOUR:%Y%m%d-%H0000000}.csv", b"")
    monkeypatch.setattr(s3, "PAGE_KEYS", 5)
    asked: Counter[str] = Counter()
    client.meta.events.register("before-call.s3", lambda model, **_: asked.update([model.name]))
    wanted = HOUR + 200 * ONE_HOUR

    listing = Lake(client, lake_bucket.bucket).list_table(source_of(), table_of(), wanted, wanted + ONE_HOUR)

    assert [wanted] == [found.hour for found in listing.objects]
    assert asked["ListObjectsV2"] <= 20


DAYS = 50


@pytest.fixture(scope="module")
def long_bucket(s3_client: "S3Client") -> Iterator[LakeBucket]:
    """Fill a bucket with a table that had a file each hour for weeks."""
    lake = LakeBucket(s3_client, f"long-{uuid4().hex}")
    s3_client.create_bucket(Bucket=lake.bucket)
    keys = [f"shop/orders/{HOUR + hour * ONE_HOUR:%Y%m%d-%H0000000}.csv" for hour in range(24 * DAYS)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda key: lake.put(key, b""), keys))
    yield lake
    s3_client.delete_bucket(Bucket=lake.bucket)


@pytest.mark.parametrize("hour", [0, 1, 12, 23])
def test_the_recent_hours_of_a_large_table_cost_few_requests_at_any_hour(
    client: "S3Client", long_bucket: LakeBucket, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    """Two days widened to whole days, as checks ask for them, are listed by parts whatever the hour is."""
    monkeypatch.setattr(s3, "PAGE_KEYS", 20)
    asked: Counter[str] = Counter()
    client.meta.events.register("before-call.s3", lambda model, **_: asked.update([model.name]))
    client.meta.events.register("after-call.s3", lambda parsed, **_: asked.update(keys=parsed["KeyCount"]))
    first = (HOUR + timedelta(days=DAYS - 10)).replace(hour=hour)
    start = first.replace(hour=0)
    end = start + timedelta(days=2 if hour == 0 else 3)
    assert end - RECENT >= first

    listing = Lake(client, long_bucket.bucket).list_table(source_of(), table_of(), start, end)

    assert [found.hour for found in listing.objects] == list(hours_between(start, end))
    assert asked["ListObjectsV2"] <= 25
    assert asked["keys"] <= 120


def test_many_partitions_are_listed_whole(
    client: "S3Client", lake_bucket: LakeBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are more parts than are worth asking for, the whole folder is listed instead."""
    for number in range(20):
        lake_bucket.put(f"shop/orders/p{number}/LOAD00000001.csv", b"")
    monkeypatch.setattr(s3, "PAGE_KEYS", 10)
    monkeypatch.setattr(s3, "MOST_PARTS", 15)
    asked: Counter[str] = Counter()
    client.meta.events.register("before-call.s3", lambda model, **_: asked.update([model.name]))
    first = floor_hour(datetime.now(UTC)) - ONE_HOUR

    listing = Lake(client, lake_bucket.bucket).list_table(
        source_of(), table_of(), first, first + 3 * ONE_HOUR
    )

    assert len(listing.objects) == 20
    assert asked["ListObjectsV2"] < 15  # all parts, and a look for changes in some


def test_folders_are_sources_and_tables(lake: Lake, lake_bucket: LakeBucket, client: "S3Client") -> None:
    """Folders are given by source, sorted, without DMS's own; files beside them are not folders."""
    for key in (
        "shop/orders/LOAD00000001.csv",
        "shop/bürger & co/2018/09/06/10/x.csv",
        "shop/_users/x",
        "shop/awsdms_status/LOAD00000001.csv",
        "shop/s3_validation_failures/x",
        "crm/people/x",
        "awsdms_history/x/y",
        ".cache/x/y",
        "empty/readme.txt",
        "readme.txt",
    ):
        lake_bucket.put(f"dms/{key}", b"")

    assert Lake(client, lake_bucket.bucket, "dms").list_folders() == {
        "crm": ("people",),
        "empty": (),
        "shop": ("_users", "bürger & co", "orders"),
    }
    assert {"dms": (".cache", "awsdms_history", "crm", "empty", "shop")}.keys() == lake.list_folders().keys()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 5])
def test_bytes_come_as_they_are_stored(
    put_changes: Callable[[bytes], LakeObject], lake: Lake, size: int
) -> None:
    """Every byte of an object comes, in order and in chunks of at most 256 KiB."""
    body = os.urandom(size)

    chunks = list(lake.open(put_changes(body)))

    assert body == b"".join(chunks)
    assert all(0 < len(chunk) <= CHUNK_BYTES for chunk in chunks)


def test_compressed_bytes_are_not_touched(lake: Lake, lake_bucket: LakeBucket) -> None:
    """Bytes come compressed as they are stored, even where the object says `Content-Encoding: gzip`."""
    body = gzip.compress(b"1,a\n" * 1000)
    lake_bucket.client.put_object(
        Bucket=lake_bucket.bucket, Key=f"shop/orders/{CHANGES}.gz", Body=body, ContentEncoding="gzip"
    )
    (listed,) = lake.list_table(source_of(), table_of()).objects

    assert body == b"".join(lake.open(listed))


def test_an_object_written_in_parts_is_read(lake: Lake, lake_bucket: LakeBucket) -> None:
    """An object of a multipart upload, whose entity tag is no checksum, is read as it was listed."""
    body = os.urandom(6 << 20)
    lake_bucket.client.upload_fileobj(
        io.BytesIO(body),
        lake_bucket.bucket,
        f"shop/orders/{CHANGES}",
        Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, use_threads=False),
    )
    (listed,) = lake.list_table(source_of(), table_of()).objects

    assert listed.etag.endswith("-2")
    assert body == b"".join(lake.open(listed))


def test_closing_the_iterator_ends_the_transfer(
    put_changes: Callable[[bytes], LakeObject], lake: Lake, client: "S3Client"
) -> None:
    """An iterator closed after its first chunk closes the body, and the lake can be read again."""
    bodies: list[Any] = []
    client.meta.events.register("after-call.s3.GetObject", lambda parsed, **_: bodies.append(parsed["Body"]))
    body = os.urandom(8 * CHUNK_BYTES)
    listed = put_changes(body)
    chunks = lake.open(listed)
    next(chunks)

    chunks.close()  # type: ignore[attr-defined]

    assert bodies[0]._raw_stream.closed
    assert body == b"".join(lake.open(listed))
