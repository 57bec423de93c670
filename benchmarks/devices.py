"""The data set W2, `devices`: documents of a Mongo collection as AWS DMS delivers them, one to a record.

About 600 bytes each, three levels, 18 leaves, legacy extended JSON with `$date`, `$numberLong` and `$oid`, an
array, and optional fields.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random
from shutil import rmtree

from psycopg import sql

from benchmarks.workload import DataSet, Workload, file_name
from lake_assets.postgres import type_name

SEED = 20180906
CITIES = ("Auckland", "Wellington", "Zürich", "São Paulo", "東京", "New York")
FIRST = 1_536_228_000_000  # milliseconds since 1970: 2018-09-06T10
DAY = 86_400_000

_PATHS = {
    "serial": ("text", "serial"),
    "model": ("text", "device.model"),
    "firmware": ("text", "device.firmware"),
    "ram": ("bigint", "device.ram"),
    "vendor": ("text", "device.vendor.name"),
    "country": ("text", "device.vendor.country"),
    "built_at": ("timestamptz", "device.vendor.built"),
    "city": ("text", "place.city"),
    "lat": ("double precision", "place.at.lat"),
    "lon": ("double precision", "place.at.lon"),
    "enabled": ("boolean", "enabled"),
    "owner": ("text", "owner"),
    "seen_at": ("timestamptz", "seen.at"),
    "seen": ("bigint", "seen.count"),
    "price": ("numeric(12,2)", "price"),
    "tags": ("jsonb", "tags"),
    "note": ("text", "note"),
}
_WRAPPED = {
    "owner": "$oid",
    "ram": "$numberLong",
    "seen": "$numberLong",
    "built_at": "$date",
    "seen_at": "$date",
}


def _value(name: str, declared: str, path: str) -> sql.Composed:
    """Give the expression a person would write who knows what each document holds."""
    keys = [*path.split("."), *([_WRAPPED[name]] if name in _WRAPPED else [])]
    if declared == "jsonb":
        return sql.SQL("d #> {}").format(sql.Literal(keys))
    text = sql.SQL("(d #>> {})").format(sql.Literal(keys))
    if declared == "timestamptz":
        return sql.SQL("to_timestamp({}::bigint / 1000.0)").format(text)
    return sql.SQL("{}::{}").format(text, type_name(declared))


DEVICES = Workload(
    "devices",
    columns={"id": "text", **{name: declared for name, (declared, _) in _PATHS.items()}},
    described={
        "id": {"type": "text", "from": "oid__id"},
        **{name: {"type": declared, "path": f"_doc.{path}"} for name, (declared, path) in _PATHS.items()},
    },
    staged=("oid__id", "_doc"),
    values=(
        sql.SQL("oid__id"),
        *(_value(name, declared, path) for name, (declared, path) in _PATHS.items()),
    ),
    source=sql.SQL("(SELECT oid__id, _doc::jsonb AS d FROM floor.staging OFFSET 0) AS opened"),
)


def make_devices(folder: Path, table: str, rows: int, files: int) -> DataSet:
    """Write the files, or find those that an earlier run has written.

    Args:
        folder: where data sets are kept.
        table: name of the table.
        rows: how many documents.
        files: in how many files.
    """
    home = folder / f"devices-{rows}-in-{files}-seed-{SEED}"
    if not home.exists():
        unfinished = home.with_suffix(".unfinished")
        rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for number in range(files):
            with (unfinished / file_name(number)).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(DEVICES.staged)
                writer.writerows(_records(range(number, rows, files), number))
        unfinished.rename(home)
    return DataSet(DEVICES, table, rows, tuple(sorted(home.glob("*.csv"))))


def _records(numbers: range, seed: int) -> Iterator[tuple[str, str]]:
    random = Random(f"{SEED}-{seed}")  # noqa: S311 - seeded data, no secret
    for number in numbers:
        yield f"{number:024x}", _document(number, random)


def _document(number: int, random: Random) -> str:
    """Write a document as libbson does in legacy extended JSON."""
    seen = FIRST + random.randrange(30 * DAY)
    note = f', "note" : "seen by {random.choice(CITIES)}, twice"' if random.random() < 0.5 else ""  # noqa: PLR2004 - every second one
    return (
        f'{{ "_id" : {{ "$oid" : "{number:024x}" }}, "serial" : "SN-{number:09d}", '
        f'"device" : {{ "model" : "M{number % 50}", "firmware" : "{number % 9}.{number % 7}.0", '
        f'"ram" : {{ "$numberLong" : "{1 << (number % 40)}" }}, '
        f'"vendor" : {{ "name" : "Vendor {number % 30}", "country" : "NZ", '
        f'"built" : {{ "$date" : {seen - 1000 * DAY} }} }} }}, '
        f'"place" : {{ "city" : "{random.choice(CITIES)}", '
        f'"at" : {{ "lat" : {random.uniform(-90, 90):.20g}, "lon" : {random.uniform(-180, 180):.20g} }} }}, '
        f'"enabled" : {"true" if number % 3 else "false"}, "owner" : {{ "$oid" : "{7 * number:024x}" }}, '
        f'"seen" : {{ "at" : {{ "$date" : {seen} }}, "count" : {{ "$numberLong" : "{number * 10**6}" }} }}, '
        f'"price" : {random.randrange(100, 10**7) / 100:.20g}, '
        f'"tags" : [ "a{number % 10}", "b", "c{number % 4}" ]{note} }}'
    )
