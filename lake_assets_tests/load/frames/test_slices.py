"""Proves `load.frames.slices`: DataFrames in and out of a table, what does not fit, and what is refused."""

import gc
import weakref
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

from lake_assets.exceptions import WarehouseError
from lake_assets.load.frames.slices import FrameSlice, Written, read_slice, replace_slice
from lake_assets.postgres import connect

HOUR = datetime(2018, 9, 6, 10, tzinfo=UTC)
ONE_HOUR = timedelta(hours=1)
GOOD = pd.DataFrame({"id": [1, 2], "note": ["a", None]})


def slice_of(
    hour: datetime | None = None, table: str = "t", types: Mapping[str, str] | None = None
) -> FrameSlice:
    """Return an hour of shop.t, or the whole of it."""
    if hour is None:
        return FrameSlice("shop", table, types=types or {})
    window = (hour, hour + ONE_HOUR)
    return FrameSlice("shop", table, "_lake_hour", windows=(window,), stamp=hour, types=types or {})


def write_twice(connection: psycopg.Connection, target: FrameSlice, *frames: pd.DataFrame) -> Written:
    """Write the same DataFrames twice."""
    replace_slice(connection, target, list(frames))
    return replace_slice(connection, target, list(frames))


def rows(connection: psycopg.Connection, columns: str = "*", table: str = "t") -> list[tuple[Any, ...]]:
    """Return the rows of a table of the schema shop, sorted."""
    return connection.execute(f"SELECT {columns} FROM shop.{table} ORDER BY 1".encode()).fetchall()


def test_a_slice_is_replaced_and_the_others_stay(connection: psycopg.Connection) -> None:
    """The new rows take the place of the old ones of their hour; those of the next hour are untouched."""
    later = pd.DataFrame({"id": [9], "note": ["later"]})
    write_twice(connection, slice_of(HOUR), GOOD)
    write_twice(connection, slice_of(HOUR + ONE_HOUR), later)

    written = write_twice(connection, slice_of(HOUR), GOOD.iloc[1:])

    assert written.rows == 1
    assert rows(connection, "id, note, _lake_hour") == [(2, None, HOUR), (9, "later", HOUR + ONE_HOUR)]
    assert read_slice(connection, slice_of(HOUR + ONE_HOUR)).to_dict("list") == {"id": [9], "note": ["later"]}


def test_new_columns_are_added_and_missing_ones_are_null(connection: psycopg.Connection) -> None:
    """The table takes every column it is given, and keeps those that a later DataFrame lacks."""
    write_twice(connection, slice_of(HOUR), GOOD)

    write_twice(connection, slice_of(HOUR + ONE_HOUR), pd.DataFrame({"id": [3], "price": [0.5]}))

    assert rows(connection, "id, note, price") == [(1, "a", None), (2, None, None), (3, None, 0.5)]


def test_the_dtypes_read_do_not_depend_on_the_values(connection: psycopg.Connection) -> None:
    """An hour with rows, one with NULLs only, and one without rows have the same dtypes."""
    full = pd.DataFrame(
        {"i": [2**53 + 1], "f": [0.5], "b": [True], "s": ["x"], "t": [pd.Timestamp(HOUR)], "d": [Decimal(1)]}
    )
    nothing = full.astype(object).where(full.isna(), None)
    write_twice(connection, slice_of(HOUR), full)
    write_twice(connection, slice_of(HOUR + ONE_HOUR), nothing)

    read = [read_slice(connection, slice_of(HOUR + number * ONE_HOUR)) for number in range(3)]

    assert [len(frame) for frame in read] == [1, 1, 0]
    assert {str(frame.dtypes.to_dict()) for frame in read} == {str(read[0].dtypes.to_dict())}
    assert str(read[0]["i"].dtype) == "Int64"
    assert read[1].isna().all(axis=None)


def test_a_large_slice_is_read_whole(connection: psycopg.Connection) -> None:
    """More rows than are written or fetched at a time come back in one DataFrame with one index."""
    frame = pd.DataFrame({"id": range(45_001), "text": "x"})

    write_twice(connection, slice_of(), frame)

    back = read_slice(connection, slice_of())
    assert sorted(back["id"]) == list(range(45_001))
    assert back.index.equals(pd.RangeIndex(45_001))


def test_columns_may_have_any_name(connection: psycopg.Connection) -> None:
    """Quotes, placeholders, blanks, words of SQL, numbers and tuples come back as text."""
    names = ['a "b"', "it's", "share %", "%s", "%(a)s", ":x", "{y}", "", " ", "Größe", "Select", 0, ("a", 1)]
    names.remove("")
    frame = pd.DataFrame([range(len(names))])
    frame.columns = pd.Index(names, tupleize_cols=False)

    write_twice(connection, slice_of(HOUR, table='odd "%s" table'), frame)

    back = read_slice(connection, slice_of(HOUR, table='odd "%s" table'))
    assert list(back.columns) == list(map(str, names))
    assert list(back.iloc[0]) == list(range(len(names)))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (["a", "a"], "there is more than one column 'a'"),
        ([1, "1"], "there is more than one column '1'"),
        ([""], "the name '' does not have 1 to 63 bytes"),
        (["x" * 64], "does not have 1 to 63 bytes"),
        (["ü" * 32], "does not have 1 to 63 bytes"),
        (["a\0b"], "without NUL"),
        (["_lake_file"], "begins with _lake_"),
        (["_lake_partition"], "begins with _lake_"),
        ([], "1 rows and no columns"),
    ],
)
def test_columns_that_cannot_be_a_tables_are_refused(
    connection: psycopg.Connection, columns: list[Any], reason: str
) -> None:
    """The error names table and column, and no table is made."""
    frame = pd.DataFrame([list(columns)], columns=columns)

    with pytest.raises(WarehouseError, match=f"shop.t: .*{reason}"):
        replace_slice(connection, slice_of(HOUR), [frame])

    assert connection.execute("SELECT to_regclass('shop.t')").fetchone() == (None,)


def test_a_table_with_a_name_too_long_is_refused(connection: psycopg.Connection) -> None:
    """PostgreSQL would cut it short, and two assets could meet in one table."""
    with pytest.raises(WarehouseError, match=r"does not have 1 to 63 bytes without NUL. Rename the asset"):
        replace_slice(connection, slice_of(table="x" * 64), [GOOD])


def test_empty_frames_empty_the_slice(connection: psycopg.Connection) -> None:
    """No rows, with columns or without, is an empty hour: also where there is no table yet."""
    for empty in (pd.DataFrame(), GOOD.iloc[:0], pd.DataFrame(columns=["id"])):
        write_twice(connection, slice_of(HOUR, "fresh"), empty)
        write_twice(connection, slice_of(HOUR), GOOD)
        write_twice(connection, slice_of(HOUR + ONE_HOUR), GOOD)

        written = write_twice(connection, slice_of(HOUR), empty)

        assert written.rows == 0
        assert len(read_slice(connection, slice_of(HOUR))) == 0
        assert len(read_slice(connection, slice_of(HOUR + ONE_HOUR))) == 2
    assert list(read_slice(connection, slice_of(HOUR, "fresh")).columns) == ["id", "note"]


def test_a_column_without_values_is_told(connection: psycopg.Connection) -> None:
    """Where neither dtype nor value says what a column holds, it becomes text and is named; once."""
    frame = pd.DataFrame({"id": [1], "note": [None], "price": [float("nan")]})

    first = replace_slice(connection, slice_of(HOUR), [frame])
    again = replace_slice(connection, slice_of(HOUR), [frame])

    assert (first.guessed, again.guessed) == (("note",), ())
    assert first.types == {"id": "bigint", "note": "text", "price": "double precision"}


def test_values_of_several_kinds_become_text(connection: psycopg.Connection) -> None:
    """A column of objects that no other type holds keeps them as text; tuples and arrays are lists."""
    inner = {"n": np.int64(2), "a": np.array([1.5])}
    frame = pd.DataFrame({"mixed": [1, "a", True, {"b": 1}], "lists": [(1,), np.array([2]), [3], inner]})

    write_twice(connection, slice_of(), frame)

    back = read_slice(connection, slice_of())
    assert back["mixed"].tolist() == ["1", "a", "true", '{"b": 1}']
    assert back["lists"].tolist() == [[1], [2], [3], {"n": 2, "a": [1.5]}]


def test_nanoseconds_are_rounded(connection: psycopg.Connection) -> None:
    """PostgreSQL's times have microseconds."""
    times = pd.to_datetime(pd.Series(["2018-09-06 10:00:00.123456789", "2018-09-06 10:00:00.000000499"]))

    write_twice(connection, slice_of(), pd.DataFrame({"at": times, "for": pd.to_timedelta([1_499, -1_501])}))

    back = read_slice(connection, slice_of())
    assert [at.microsecond for at in back["at"]] == [123457, 0]
    assert back["for"].tolist() == [timedelta(microseconds=1), timedelta(microseconds=-2)]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("id", "abc", 'invalid input syntax for type bigint: "abc" .*column id: "abc"'),
        ("id", 1.5, 'invalid input syntax for type bigint: "1.5"'),
        ("id", 2**63, "out of range for type bigint"),
        ("at", pd.Timestamp(HOUR), "column 'at', row 2 of the DataFrame: .*has a time zone"),
        ("note", "a\0b", "column 'note', row 2 of the DataFrame: .*NUL.*str.replace"),
        ("note", "a\ud800b", "column 'note', row 2 of the DataFrame: .*surrogates not allowed"),
        ("note", pd.Period("2018-09"), "Period cannot be stored. Turn it into text"),
        ("note", 1 + 2j, "complex cannot be stored"),
        ("doc", {"a": float("nan")}, "column 'doc', row 2 of the DataFrame: .*not JSON compliant"),
        ("doc", {"a": HOUR}, "column 'doc', row 2 of the DataFrame: a datetime inside is not JSON"),
        ("doc", {"a": "\0"}, "unsupported Unicode escape sequence .*column doc"),
    ],
)
def test_a_value_that_does_not_fit_leaves_the_old_rows(
    connection: psycopg.Connection, column: str, value: Any, reason: str
) -> None:
    """The error names table, column and row or value, and the hour is as it was."""
    good = pd.DataFrame({"id": [1], "note": ["a"], "at": [HOUR.replace(tzinfo=None)], "doc": [{"a": 1}]})
    write_twice(connection, slice_of(HOUR), good)
    before = rows(connection)
    bad = pd.concat([good, good, good], ignore_index=True).astype(object)
    bad[column] = pd.Series([*bad[column][:2], value], dtype=object)

    with pytest.raises(WarehouseError, match=f"(?s)shop.t: .*{reason}"):
        replace_slice(connection, slice_of(HOUR), [bad])

    assert rows(connection) == before


def test_whole_floats_go_into_an_integer_column(connection: psycopg.Connection) -> None:
    """Pandas makes 1.0 of 1 where a value is missing; the table's integers stay integers."""
    write_twice(connection, slice_of(HOUR), pd.DataFrame({"id": [1, 2]}))

    write_twice(connection, slice_of(HOUR), pd.DataFrame({"id": [1, None, -3]}))

    assert sorted(read_slice(connection, slice_of(HOUR))["id"].dropna()) == [-3, 1]


def test_times_without_a_zone_count_as_utc(connection: psycopg.Connection, warehouse_url: str) -> None:
    """In a column with time zone they are the same moment, whatever the database's own zone is."""
    connection.execute(f"ALTER DATABASE {connection.info.dbname} SET timezone = 'Asia/Tokyo'".encode())
    frame = pd.DataFrame({"at": [datetime(2018, 9, 6)]})  # noqa: DTZ001 - the point of the test

    with connect(warehouse_url, autocommit=True) as session:
        write_twice(session, slice_of(types={"at": "timestamptz"}), frame)
        back = read_slice(session, slice_of())["at"].tolist()

    assert back == [datetime(2018, 9, 6, tzinfo=UTC)]


def test_types_can_be_asked_for(connection: psycopg.Connection) -> None:
    """`types` of a slice decides what a column becomes: numbers with a scale, arrays, JSON in text."""
    types = {"amount": "numeric(12,2)", "tags": "text[]", "doc": "jsonb", "day": "date", "id": "smallint"}
    frame = pd.DataFrame(
        {"id": [1.0], "amount": [10.5], "tags": [["a", None]], "doc": ['{"a": 1}'], "day": ["2018-09-06"]}
    )

    written = write_twice(connection, slice_of(types=types), frame)

    assert written.types == types
    assert rows(connection, "id, amount::text, tags, doc, day::text") == [
        (1, "10.50", ["a", None], {"a": 1}, "2018-09-06")
    ]


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("text", "id is bigint in the warehouse and text in `types`. Change `types`"),
        ("no such", "the type 'no such' of column 'id' is not one of PostgreSQL's"),
        ("int); DROP TABLE shop.t; --", "is not one of PostgreSQL's"),
        ("nothing", 'type "nothing" does not exist'),
    ],
)
def test_types_that_cannot_be_are_refused(connection: psycopg.Connection, declared: str, reason: str) -> None:
    """A type that the table does not have, or that is none, is named before a row is touched."""
    write_twice(connection, slice_of(HOUR), GOOD)
    target = slice_of(HOUR, types={"id": declared, "absent": "text"})

    with pytest.raises(WarehouseError, match=f"shop.t: .*{reason}"):
        replace_slice(connection, target, [GOOD])

    assert len(rows(connection)) == 2


def test_a_table_without_the_partition_column_is_refused(connection: psycopg.Connection) -> None:
    """Rows that belong to no partition would never be replaced, so the table is left alone."""
    write_twice(connection, slice_of(), GOOD)

    with pytest.raises(WarehouseError, match=r"shop.t is there without the column _lake_hour"):
        replace_slice(connection, slice_of(HOUR), [GOOD])
    with pytest.raises(WarehouseError, match=r"shop.t has no column '_lake_hour'. It has id, note"):
        read_slice(connection, slice_of(HOUR))

    assert len(rows(connection)) == 2


@pytest.mark.parametrize("value", [HOUR + ONE_HOUR, HOUR - timedelta(microseconds=1), None, "soon"])
def test_rows_that_bring_their_hour_must_lie_in_the_slice(connection: psycopg.Connection, value: Any) -> None:
    """A row of another hour, or of none, is refused: the next write would not replace it."""
    inside = pd.DataFrame({"id": [1, 2], "_lake_hour": [HOUR, HOUR + ONE_HOUR - timedelta(microseconds=1)]})
    write_twice(connection, slice_of(HOUR), inside)
    outside = inside.astype({"_lake_hour": object})
    outside["_lake_hour"] = [HOUR, value]

    with pytest.raises(WarehouseError, match=r"shop.t: column '_lake_hour' .* outside this run's partition"):
        replace_slice(connection, slice_of(HOUR), [outside])

    assert rows(connection, "id") == [(1,), (2,)]


def test_a_constraint_of_the_table_is_named(connection: psycopg.Connection) -> None:
    """Whoever gives the table a key is told when a DataFrame breaks it, and keeps the old rows."""
    write_twice(connection, slice_of(), GOOD)
    connection.execute("ALTER TABLE shop.t ADD PRIMARY KEY (id)")
    write_twice(connection, slice_of(), GOOD)

    with pytest.raises(WarehouseError, match=r'shop.t: duplicate key value violates .*"t_pkey"'):
        replace_slice(connection, slice_of(), [pd.DataFrame({"id": [7, 7]})])

    assert len(rows(connection)) == 2


def test_a_stream_holds_one_frame_at_a_time(connection: psycopg.Connection) -> None:
    """While a DataFrame is made, only the one before it is still there."""
    made: list[weakref.ref[pd.DataFrame]] = []
    most = 0

    def frames() -> Iterator[pd.DataFrame]:
        nonlocal most
        for number in range(5):
            frame = pd.DataFrame({"id": [number]})
            made.append(weakref.ref(frame))
            gc.collect()
            most = max(most, sum(known() is not None for known in made))
            yield frame

    for _ in range(2):
        written = replace_slice(connection, slice_of(HOUR), frames())

    assert written.rows == len(rows(connection)) == 5
    assert most == 2


def test_the_first_frame_decides_the_columns(connection: psycopg.Connection) -> None:
    """Later ones may give them in another order; with other columns, or no DataFrame, all is as before."""
    write_twice(connection, slice_of(HOUR), GOOD, GOOD[["note", "id"]])
    before = rows(connection, "id, note")

    for wrong, reason in (
        (GOOD[["id"]], r"a DataFrame has columns \['id'\], the first had \['id', 'note'\]"),
        ({"id": 1}, "a dict came where a pandas DataFrame was due"),
    ):
        with pytest.raises(WarehouseError, match=f"shop.t: {reason}"):
            replace_slice(connection, slice_of(HOUR), [GOOD, wrong])  # type: ignore[list-item]
    with pytest.raises(WarehouseError, match=r"shop.t: no DataFrame came"):
        replace_slice(connection, slice_of(HOUR), iter(()))

    assert before == rows(connection, "id, note") == [(1, "a"), (1, "a"), (2, None), (2, None)]


def test_reading_what_is_not_there_names_it(connection: psycopg.Connection) -> None:
    """A missing table, a missing column, and a value that Python cannot hold are errors with a name."""
    with pytest.raises(WarehouseError, match=r"shop.t is not in the warehouse. Materialize the asset first"):
        read_slice(connection, slice_of(HOUR))
    write_twice(connection, slice_of(), pd.DataFrame({"at": [HOUR]}))
    connection.execute("INSERT INTO shop.t VALUES ('infinity')")

    with pytest.raises(WarehouseError, match=r"shop.t has no column 'nothing'. It has at"):
        read_slice(connection, slice_of(), ["nothing"])
    with pytest.raises(WarehouseError, match=r"shop.t: timestamp too large.*read such a column as text"):
        read_slice(connection, slice_of())


def test_the_columns_asked_for_are_read_in_that_order(connection: psycopg.Connection) -> None:
    """Columns of ours come only if they are asked for by name."""
    write_twice(connection, slice_of(HOUR), GOOD)

    assert list(read_slice(connection, slice_of(HOUR)).columns) == ["id", "note"]
    asked = read_slice(connection, slice_of(HOUR), ["_lake_hour", "id"])
    assert list(asked.columns) == ["_lake_hour", "id"]
    assert asked["_lake_hour"].tolist() == [HOUR, HOUR]


def test_an_array_is_read_as_lists(connection: psycopg.Connection) -> None:
    """A column of arrays has no dtype of its elements."""
    connection.execute("CREATE SCHEMA shop")
    connection.execute("CREATE TABLE shop.t (id bigint, a integer[], b boolean[], t timestamptz[])")
    connection.execute(
        "INSERT INTO shop.t VALUES (1, '{1,NULL}', '{}', ARRAY['2018-09-06 10:00Z'::timestamptz])"
    )

    back = read_slice(connection, slice_of())

    assert [str(dtype) for dtype in back.dtypes] == ["Int64", "object", "object", "object"]
    assert back.to_dict("list") == {"id": [1], "a": [[1, None]], "b": [[]], "t": [[HOUR]]}
