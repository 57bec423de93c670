"""Single values: what is taken, what is refused, and that PostgreSQL and Dagster take what we take."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from pydantic import TypeAdapter, ValidationError

from lake_assets.catalog import values
from lake_assets.catalog.models import FileOptions

TYPES = [
    "text",
    "numeric(12,2)",
    "numeric ( 3 , -2 )",
    "double precision",
    "DOUBLE PRECISION[]",
    "timestamptz",
    "timestamp(3) with time zone",
    "time without time zone",
    "interval",
    "interval day to second(3)",
    "interval year to month",
    "character varying(10)",
    "national character varying(3)",
    "bit varying(5)",
    "int[3][3]",
    "integer array[4]",
    "text []",
    "pg_catalog.varchar(3)",
    '"pg_catalog"."int4"[]',
    '"char"',
    "jsonb",
    "datemultirange",
]


def refused(kind: Any, value: object) -> dict[str, Any]:
    """Return what is said of a value that must be refused."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return caught.value.errors()[0]["ctx"]


def test_postgresql_knows_every_type_of_the_grammar(connection: psycopg.Connection) -> None:
    """The forms of a type that we take are forms of PostgreSQL's own."""
    for declared in TYPES:
        checked = values.check_type(declared)
        connection.execute(sql.SQL("SELECT NULL::{}").format(sql.SQL(checked)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text; drop table x",
        "bigint not null",
        "bigint primary key",
        "text default 'x'",
        'text collate "C"',
        "numeric(12",
        "int[",
        "text -- x",
        "text, b text",
        'a"b',
        '"a%s"',
        "%s",
        "text\0",
        "time zone",
        "bigserial",
        "SERIAL",
    ],
)
def test_what_is_more_than_a_type_is_refused(text: str) -> None:
    """Nothing gets into SQL as a type that could end it or add a clause."""
    assert "Write" in refused(values.TypeName, text)["remedy"]


@pytest.mark.parametrize("name", ["x" * 63, "é" * 31, 'q"u%o{t}e', "a\nb", "null", "😀", " "])
def test_postgresql_holds_every_column_name_we_take(name: str, connection: psycopg.Connection) -> None:
    """A name that is taken makes a column of exactly that name."""
    checked = values.check_column_name(name)
    connection.execute(sql.SQL("CREATE TABLE t ({} text)").format(sql.Identifier(checked)))

    columns = connection.execute("SELECT * FROM t").description

    assert [column.name for column in columns or ()] == [name]


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 64, "é" * 32, "_lake_hour", "ctid"])
def test_column_names_that_postgresql_or_we_cannot_hold_are_refused(name: str) -> None:
    """Empty, too long, NUL, system columns and our own prefix are refused with a remedy."""
    assert refused(values.ColumnName, name)["remedy"]


@pytest.mark.parametrize("folder", ["", "/orders", "orders/", "sales//orders"])
def test_what_is_no_folder_is_refused(folder: str) -> None:
    """A folder has a name at every level, without slashes around it."""
    assert "without slashes around it" in refused(values.Folder, folder)["remedy"]


@pytest.mark.parametrize("name", ["my-shop", "a.b", "ä", "a b", "-", "x" * 64])
def test_names_that_dagster_refuses_are_refused(name: str) -> None:
    """A source or table that no asset key can name is told to put its folder in `from:`."""
    assert "`from:`" in refused(values.PlainName, name)["remedy"]


def test_a_refused_name_comes_with_a_plain_one() -> None:
    """The remedy is a name to copy."""
    assert "Name it my_shop," in refused(values.PlainName, "my-shop")["remedy"]


@given(
    name=st.from_regex(values.PLAIN_NAME, fullmatch=True).filter(lambda name: len(name) < 64),
    group=st.from_regex(values.GROUP, fullmatch=True),
    owner=st.from_regex(values.OWNER, fullmatch=True),
)
def test_dagster_takes_every_name_group_and_owner_we_take(name: str, group: str, owner: str) -> None:
    """What passes the catalog never fails later, when Dagster loads its definitions."""
    values.check_plain_name(name)

    dg.AssetSpec(
        dg.AssetKey([name, name]), group_name=values.check_group(group), owners=[values.check_owner(owner)]
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [(values.Owner, "ann"), (values.Owner, "team:"), (values.Group, "a//b"), (values.Group, "")],
)
def test_owners_and_groups_that_dagster_refuses_are_refused(kind: Any, value: str) -> None:
    """They would stop the whole code location from loading."""
    assert refused(kind, value)["remedy"]


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2018-09-06T10", 10),
        ("2018-09-06", 0),
        ("2018-09-06 10:00", 10),
        ("2018-09-06T10:00:00Z", 10),
    ],
)
def test_an_hour_is_read_in_every_form_of_a_whole_hour(written: str, hour: int) -> None:
    """A date alone is its first hour; all is UTC."""
    assert values.read_hour(written) == datetime(2018, 9, 6, hour, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2018-09-06T24", "2018-02-30", "10", "2018-09-06T10:30", 2018, None])
def test_what_is_no_whole_hour_is_refused(written: object) -> None:
    """Half hours and days that are not on the calendar are refused."""
    assert "2018-09-06T10" in refused(values.Hour, written)["remedy"]


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("10m", timedelta(minutes=10)),
        ("1h30m", timedelta(minutes=90)),
        ("0s", timedelta()),
        ("2d", timedelta(2)),
    ],
)
def test_durations_are_read(written: str, duration: timedelta) -> None:
    """Days, hours, minutes and seconds, alone or together."""
    assert values.read_duration(written) == duration


@pytest.mark.parametrize("written", ["", "10", "m", "1m1h", "-1h", "1.5h", 10])
def test_what_is_no_duration_is_refused(written: object) -> None:
    """A number without its unit says nothing."""
    assert "10m" in refused(values.Duration, written)["remedy"]


@pytest.mark.parametrize("limit", [0, 1, 10**12, 0.0, 0.01, 1.0])
def test_a_limit_keeps_its_type(limit: float) -> None:
    """1 is one record, 1.0 is all of them."""
    taken = TypeAdapter(values.Limit).validate_python(limit)

    assert (taken, type(taken)) == (limit, type(limit))


@pytest.mark.parametrize("limit", [-1, 1.5, -0.1, True, "1%", float("nan"), float("inf")])
def test_what_is_neither_records_nor_a_fraction_is_refused(limit: object) -> None:
    """A limit out of range is refused."""
    assert refused(values.Limit, limit)["remedy"]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("_doc.a.b", ("_doc", "a", "b")),
        (["_doc", "a.b", "c"], ("_doc", "a.b", "c")),
        ("_doc.0", ("_doc", "0")),
        (["_doc", "", 0, -1], ("_doc", "", "0", "-1")),
    ],
)
def test_a_path_is_dotted_text_or_a_list(written: object, path: tuple[str, ...]) -> None:
    """The list is for keys that hold dots themselves or are empty, and for places in arrays."""
    assert values.split_path(written) == path


@pytest.mark.parametrize(
    "written", ["", "a..b", ".a", [], ["", "a"], [1, "a"], ["a", True], ["a\0"], 5, {"a": "b"}]
)
def test_what_is_no_path_is_refused(written: object) -> None:
    """Empty parts of a dotted path and parts that are no text are refused."""
    assert refused(values.JsonPath, written)["remedy"]


def test_the_path_to_an_element_may_be_empty() -> None:
    """In a child table `[]` is the element itself; in dotted text every part is written."""
    assert values.split_element_path([]) == ()
    assert refused(values.ElementPath, "a.")["remedy"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("delimiter", ""),
        ("delimiter", ",,"),
        ("delimiter", '"'),
        ("delimiter", "\n"),
        ("delimiter", "\\t"),
        ("delimiter", "§"),
        ("null", '"'),
        ("null", "a,b"),
        ("null", "a\rb"),
        ("encoding", "utf-9"),
        ("encoding", "rot13"),
        ("encoding", "a\0"),
        ("timezone", "Europe/Madird"),
        ("timezone", "Europe"),
        ("timezone", "localtime"),
        ("timezone", "posixrules"),
        ("timezone", "Factory"),
        ("timezone", "/etc/passwd"),
        ("timezone", ""),
        ("layout", ""),
        ("layout", "{yyyy}/{mm}/{dd}/"),
        ("layout", "{table}/{yyyy}/{mm}/"),
        ("layout", "{table}/{yyyy}/{mm}/{dd}/{hour}/"),
        ("layout", "{table}/{yyyy}/{mm}/{dd}/{"),
        ("header", "yes"),
        ("header", 1),
        ("quoting", "minimal"),
        ("nul", "drop"),
    ],
)
def test_file_options_that_cannot_work_are_refused(option: str, value: object) -> None:
    """What COPY, Python's codecs, the time zones or the lake could not use is refused by the catalog."""
    with pytest.raises(ValidationError):
        FileOptions.model_validate({option: value})


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": "\t"},
        {"delimiter": "\x01", "null": "\\N"},
        {"delimiter": ";", "null": ","},
        {"encoding": "latin-1", "timezone": "Pacific/Auckland"},
        {"layout": "{table}/{yyyy}/{mm}/{dd}/{hh}/"},
        {"layout": "{table}/day={yyyy}-{mm}-{dd}/"},
        {"header": True},
        {"header": False},
    ],
)
def test_file_options_that_can_work_are_taken_as_they_are(options: dict[str, object]) -> None:
    """Every other dialect is open."""
    taken = FileOptions.model_validate(options).model_dump()

    assert {name: taken[name] for name in options} == options


def test_a_transform_names_module_and_function() -> None:
    """A transform without its module is refused."""
    assert "my_module:clean" in refused(values.Transform, "clean")["remedy"]
