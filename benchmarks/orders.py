"""The data set W1, `orders`: seeded files of AWS DMS with every kind of cell a table usually has.

All rows of a batch are written at once, as a matrix of bytes with a place for each byte a cell may have; the
places that stay empty are dropped at the end. Where the files go and who reads them is not known here.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import rmtree

import numpy as np
import numpy.typing as npt
from psycopg import sql

from benchmarks.workload import HOUR, DataSet, Workload, file_name
from lake_assets.postgres import type_name

SEED = 20180906
COLUMNS = {
    "id": "bigint",
    "uid": "uuid",
    "customer_id": "integer",
    "status": "text",
    "amount": "numeric(12,2)",
    "placed_at": "timestamp",
    "updated_at": "timestamp",
    "is_paid": "boolean",
    "note": "text",
    "city": "text",
    "weight": "double precision",
    "due": "date",
}
BATCH = 8000  # rows made at once: what is made of them stays in the processor's cache
BAD_EVERY = 1000  # of 2,000,000 rows 1,999 have an amount that is none
BAD_AMOUNT = b"12,50 EUR"

STATUSES = (b"new", b"paid", b"shipped", b"returned")
CITIES = tuple(map(str.encode, ("Auckland", "Wellington", "Zürich", "São Paulo", "東京", "New York")))
PLAIN_NOTE = b"plain note about the order "
NOTES = (
    PLAIN_NOTE,
    b"",
    b'""',
    b'"NULL"',
    b'"needs, a comma"',
    b'"said ""hi"" twice"',
    b'"two\nlines"',
    b'"crlf\r\nhere"',
    "emoji \N{GRINNING FACE} ok".encode(),
)
# One in five is NULL, one in a hundred empty, one in 500 the word NULL, one in 20 special.
NOTE_SHARES = (0.738, 0.2, 0.01, 0.002, 0.01, 0.01, 0.01, 0.01, 0.01)

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


ORDERS = Workload(
    "orders",
    columns=COLUMNS,
    described=COLUMNS,
    staged=("_lake_op", *COLUMNS),
    values=tuple(
        sql.SQL("{}::{}").format(sql.Identifier(name), type_name(declared))
        for name, declared in COLUMNS.items()
    ),
)


def make_orders(folder: Path, table: str, rows: int, files: int, *, bad: bool = False) -> DataSet:
    """Write the files, or find those that an earlier run has written.

    Args:
        folder: where data sets are kept.
        table: name of the table.
        rows: how many records.
        files: in how many files.
        bad: give every thousandth record, but not the last, an amount that is none; all else stays the same.
    """
    home = folder / f"orders-{rows}-in-{files}-seed-{SEED}{'-bad' if bad else ''}"
    if not home.exists():
        unfinished = home.with_suffix(".unfinished")
        rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        refused = [
            record.decode()
            for number, ids in enumerate(np.array_split(np.arange(1, rows + 1), files))
            for record in _write_file(unfinished / file_name(number), number, ids, rows if bad else 0)
        ]
        (unfinished / "refused.json").write_text(json.dumps(refused))
        unfinished.rename(home)
    known = json.loads((home / "refused.json").read_text())
    return DataSet(
        ORDERS, table, rows, tuple(sorted(home.glob("*.csv"))), frozenset(record.encode() for record in known)
    )


def _write_file(path: Path, number: int, ids: Integers, bad_below: int) -> Iterator[bytes]:
    """Write a file, and give its bad records."""
    random = np.random.default_rng((SEED, number))
    with path.open("wb") as file:
        file.write(",".join(["Op", *COLUMNS]).encode() + b"\n")
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            bad = np.flatnonzero((batch % BAD_EVERY == 0) & (batch < bad_below))
            places = _records(batch, bad, random)
            file.write(places[places != 0].tobytes())
            for index in bad:
                yield places[index][places[index] != 0].tobytes().removesuffix(b"\n")


def _records(ids: Integers, bad: Integers, random: np.random.Generator) -> Bytes:
    """Make records, one in each row, with zeros where there is no byte."""
    count = len(ids)
    placed = random.integers(0, 300 * 86_400 * 10**6, count)
    notes = random.choice(len(NOTES), count, p=NOTE_SHARES)
    note_ids = _number(ids)
    note_ids[notes != 0] = 0
    amounts = _decimal(random.integers(100, 10**9, count), 2)
    amounts = np.hstack((amounts, np.zeros((count, 2), np.uint8)))
    amounts[bad] = _choose([b'"%b"' % BAD_AMOUNT], np.zeros(len(bad), np.int64), width=amounts.shape[1])
    cells = [
        _choose([b"I"], np.zeros(count, np.int64)),
        _number(ids),
        _uuid(random.integers(0, 256, (count, 16))),
        _number(random.integers(1, 500_000, count)),
        _choose(STATUSES, random.integers(0, len(STATUSES), count)),
        amounts,
        _timestamp(placed),
        _timestamp(placed + random.integers(0, 10 * 86_400 * 10**6, count)),
        _number(random.integers(0, 2, count)),
        np.hstack((_choose(NOTES, notes), note_ids)),
        _choose(CITIES, random.integers(0, len(CITIES), count)),
        _decimal(random.integers(0, 10**16, count), 10),
        _timestamp(placed + 14 * 86_400 * 10**6)[:, :10],
    ]
    comma = np.full((count, 1), ord(","), np.uint8)
    line_end = np.full((count, 1), ord("\n"), np.uint8)
    separated = [part for cell in cells for part in (comma, cell)]
    return np.hstack((*separated[1:], line_end))


def _choose(texts: Sequence[bytes], picks: Integers, width: int = 0) -> Bytes:
    """Give each row the text its pick names."""
    width = width or max(map(len, texts))
    places = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8)
    return places.reshape(len(texts), width)[picks]


def _digits(values: Integers, width: int) -> Bytes:
    """Write numbers with zeros before them."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def _number(values: Integers) -> Bytes:
    """Write numbers without zeros before them."""
    width = len(str(values.max()))
    digits = _digits(values, width)
    powers = 10 ** np.arange(width - 1, 0, -1, dtype=np.int64)
    digits[:, :-1][values[:, None] < powers] = 0
    return digits


def _decimal(values: Integers, scale: int) -> Bytes:
    point = np.full((len(values), 1), ord("."), np.uint8)
    return np.hstack((_number(values // 10**scale), point, _digits(values % 10**scale, scale)))


def _uuid(octets: Integers) -> Bytes:
    """Write 16 bytes a row as hexadecimal digits with dashes."""
    pairs = np.frombuffer(bytes(range(256)).hex().encode(), np.uint8).reshape(256, 2)
    digits = pairs[octets].reshape(len(octets), 32)
    dashes = np.full((len(octets), 1), ord("-"), np.uint8)
    parts = np.split(digits, (8, 12, 16, 20), axis=1)
    return np.hstack([piece for part in parts for piece in (dashes, part)][1:])


def _timestamp(microseconds: Integers) -> Bytes:
    """Write microseconds after the hour as `2018-09-06 10:00:00.000000`."""
    times = np.datetime64(HOUR.replace(tzinfo=None), "us") + microseconds.astype("timedelta64[us]")
    text = np.datetime_as_string(times, unit="us").astype("S26")
    places = text.view(np.uint8).reshape(len(text), 26).copy()
    places[:, 10] = ord(" ")
    return places
