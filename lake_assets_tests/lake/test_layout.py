"""Proves `lake.layout`: every key is data of one hour, unknown with a reason, or never data."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour, parse_hour
from lake_assets.lake.layout import read_layout
from lake_assets.lake.local_time import local_hours, to_utc_hour
from lake_assets.lake.placement import Layout, Placed, Unknown

DOCS = Path(__file__).parents[2] / "docs" / "layouts.md"
ZONES = (
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
DATE_FOLDERS = (
    "",
    *(
        by.join(parts) + "/"
        for parts in (
            ("%Y", "%m", "%d"),
            ("%Y", "%m", "%d", "%H"),
            ("%Y", "%m"),
            ("%m", "%Y", "%d"),
            ("%d", "%m", "%Y"),
        )
        for by in ("/", "-", "_", "")
    ),
)
HOUR_FOLDERS = tuple(folder for folder in DATE_FOLDERS if "%H" in folder)
WRITTEN = datetime(2018, 9, 6, 10, 16, tzinfo=UTC)

moments = st.datetimes(datetime(2000, 1, 3), datetime(2099, 12, 28))  # noqa: DTZ001 - hypothesis adds the zone
zones = st.sampled_from(ZONES).map(ZoneInfo)


def layout_of(zone: str | ZoneInfo = "UTC", template: str = "auto") -> Layout:
    """Read a layout for the table `orders`."""
    return read_layout(template, str(zone), "orders")


def examples(heading: str) -> list[list[str]]:
    """Read the lines of a table of examples in docs/layouts.md, by its first heading."""
    table = re.search(rf"^\| {heading} \|.*\n\|[- |]+\n((?:\|.*\n)+)", DOCS.read_text(), re.MULTILINE)
    assert table
    return [
        [cell.strip(" `") for cell in line.strip("|").split(" |")] for line in table[1].strip().splitlines()
    ]


def told(placed: Placed | Unknown | None) -> list[str]:
    """Write a verdict as the tables of docs/layouts.md do."""
    match placed:
        case Placed(hour, kind):
            return [format_hour(hour), kind]
        case Unknown():
            return ["stranger", ""]  # the word of docs/layouts.md
    return ["never data", ""]


@pytest.mark.parametrize(("key", "written", "zone", "hour", "kind"), examples("key"))
def test_examples_of_dms_keys_in_the_docs_are_true(
    key: str, written: str, zone: str, hour: str, kind: str
) -> None:
    """Each line of the docs' first table of examples is what `auto` says."""
    moment = datetime.fromisoformat(written).replace(tzinfo=UTC)

    assert [hour, kind] == told(layout_of(zone).place(key, moment))


@pytest.mark.parametrize(("template", "key", "zone", "hour", "kind"), examples("layout"))
def test_examples_of_templates_in_the_docs_are_true(
    template: str, key: str, zone: str, hour: str, kind: str
) -> None:
    """Each line of the docs' table of templates is what the template says, whenever the file was written."""
    placed = layout_of(zone, template).place(key.removeprefix("orders/"), WRITTEN)

    assert [hour, kind] == told(placed)


@given(
    moment=moments,
    zone=zones,
    folder=st.sampled_from(DATE_FOLDERS),
    days=st.integers(-1, 1),
    fraction=st.sampled_from(("012", "0123")),
)
def test_a_change_file_belongs_to_the_hour_of_its_name(
    moment: datetime, zone: ZoneInfo, folder: str, days: int, fraction: str
) -> None:
    """A CDC file is placed in its name's hour, in every DMS layout and zone, up to a day off its folder."""
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    name = f"{local:%Y%m%d-%H%M%S}{fraction}.csv"
    key = (local.replace(tzinfo=None) + timedelta(days=days)).strftime(folder) + name

    placed = layout_of(zone).place(key, WRITTEN)

    assert placed == Placed(floor_hour(local.replace(fold=0)), "cdc")


@given(moment=moments, zone=zones, folder=st.sampled_from(HOUR_FOLDERS), written=moments)
def test_a_full_load_in_an_hour_folder_belongs_to_that_hour(
    moment: datetime, zone: ZoneInfo, folder: str, written: datetime
) -> None:
    """A LOAD file in a folder that names an hour is placed in it, whenever it was written."""
    local = moment.replace(tzinfo=UTC).astimezone(zone).replace(fold=0)

    placed = layout_of(zone).place(f"{local:{folder}}LOAD00000001.csv", written.replace(tzinfo=UTC))

    assert placed == Placed(floor_hour(local.replace(minute=0, second=0, microsecond=0)), "full")


@given(moment=moments, zone=zones, folder=st.sampled_from(("", "p0/", "Ω Δ/", *DATE_FOLDERS)))
def test_a_full_load_belongs_to_the_hour_it_was_written(
    moment: datetime, zone: ZoneInfo, folder: str
) -> None:
    """A LOAD file is placed in its LastModified's hour, unless its folder names an hour or another time."""
    written = moment.replace(tzinfo=UTC)
    below = written.astimezone(zone).strftime(folder.replace("%H", "")).replace("//", "/")
    below = re.sub(r"[-_]/$", "/", below)

    assert layout_of(zone).place(f"{below}LOAD001.csv.gz", written) == Placed(floor_hour(written), "full")


@given(
    moment=moments,
    zone=zones,
    template=st.sampled_from(
        (
            "{table}/{yyyy}/{mm}/{dd}/{hh}/",
            "{table}/dt={yyyy}-{mm}-{dd}/hr={hh}/",
            "{table}/{yyyy}{mm}{dd}/{hh}-{table}/",
            "{table}/{hh}.{dd}.{mm}.{yyyy}",
        )
    ),
    name=st.sampled_from(("x.csv", "part 0+é%.csv.gz", "20010101-000000000.csv", "a/b/c.csv")),
)
def test_a_template_places_a_file_in_the_hour_it_says(
    moment: datetime, zone: ZoneInfo, template: str, name: str
) -> None:
    """A file below a template's folder is placed in the folder's hour, in every zone, whatever its name."""
    local = moment.replace(tzinfo=UTC).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    parts = {"yyyy": f"{local:%Y}", "mm": f"{local:%m}", "dd": f"{local:%d}", "hh": f"{local:%H}"}
    below = template.format(table="orders", **parts).removeprefix("orders/")
    name = name if below.endswith("/") else f"_{name}"

    placed = layout_of(zone, template).place(below + name, WRITTEN)

    assert placed == Placed(floor_hour(local.replace(fold=0)), "cdc")


@given(key=st.text(), template=st.sampled_from(("auto", "{table}/{yyyy}/{mm}/{dd}/{hh}/")))
@example(key="20180906-101530123.csv\n", template="auto")
@example(key="LOAD001.csv\n", template="auto")
@example(key="2018/09/06/10/\n", template="{table}/{yyyy}/{mm}/{dd}/{hh}/")
@example(key="٢٠١٨٠٩٠٦-101530123.csv", template="auto")
@example(key="0000/00/00/LOAD001.csv", template="auto")
@example(key="20991231/LOAD001.csv", template="auto")
def test_any_key_has_a_verdict(key: str, template: str) -> None:
    """No key makes the layout fail, and only names in DMS's own form are data of `auto`."""
    placed = layout_of("Pacific/Apia", template).place(key, WRITTEN)

    if template == "auto" and isinstance(placed, Placed):
        assert re.fullmatch(r"(.*/)?(LOAD[0-9A-F]+|[0-9]{8}-[0-9]{9,10})\.csv(\.gz)?", key, re.DOTALL)


@pytest.mark.parametrize("template", ["auto", "{table}/{yyyy}/{mm}/{dd}/{hh}/"])
@pytest.mark.parametrize(
    "name",
    [
        "",
        "_SUCCESS",
        ".20180906-101530123.csv.crc",
        "20180906-101530123.csv.tmp",
        "20180906-101530123.csv._COPYING_",
        ".hidden",
        "_temporary/0/part-0.csv",
        ".spark/x",
        "hr=10_$folder$",
        "awsdms_status/LOAD00000001.csv",
        "awsdms_history",
        "s3_validation_failures/LOAD00000001.csv",
    ],
)
def test_markers_and_temporary_files_are_never_data(template: str, name: str) -> None:
    """Folder markers, hidden and temporary files and DMS's own tables are neither data nor unmatched."""
    layout = layout_of(template=template)

    assert layout.place(name, WRITTEN) is None
    assert layout.place(f"2018/09/06/10/{name}", WRITTEN) is None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("20181399-101530123.csv", "holds no time that exists"),
        ("20180906-241530123.csv", "holds no time that exists"),
        ("20180906-106030123.csv", "holds no time that exists"),
        ("19990906-101530123.csv", "between 2000 and 2099"),
        ("20180906-10153012.csv", "none of the names that DMS gives"),
        ("20180906-101530123.txt", "none of the names that DMS gives"),
        ("LOAD00000001.csv.bak", "none of the names that DMS gives"),
        ("LOAD0000000g.csv", "none of the names that DMS gives"),
        ("2018/13/06/20180906-101530123.csv", "none of the date folders"),
        ("2018/13/06/LOAD00000001.csv", "neither a date folder nor one partition"),
        ("2018/LOAD00000001.csv", "begins like a year"),
        ("2018/09/01/20180903-101530123.csv", "more than a day apart"),
        ("201808/20180902-101530123.csv", "more than a day apart"),
        ("_old/20180906-101530123.csv", "is hidden"),
        ("export.jsonl", "none of the names that DMS gives"),
        ("LOAD00000001.xml", "none of the names that DMS gives"),
        ("CDC_TXN-20201117153046033.csv", "PreserveTransactions=false"),
    ],
)
def test_an_unknown_file_has_its_reason(key: str, reason: str) -> None:
    """A file that `auto` does not take for data is unknown, and the reason says why."""
    placed = layout_of().place(key, WRITTEN)

    assert isinstance(placed, Unknown)
    assert reason in placed.reason


@pytest.mark.parametrize(
    ("below", "reason"),
    [
        ("2018/09/06/31/x.csv", "holds no time that exists"),
        ("2018/02/30/10/x.csv", "holds no time that exists"),
        ("2018-09-06/x.csv", "does not match the layout '{table}/{yyyy}/{mm}/{dd}/{hh}/'"),
        ("LOAD00000001.csv", "does not match the layout"),
        ("2018/09/06/10/CDC_TXN-20201117153046033.csv", "PreserveTransactions=false"),
    ],
)
def test_a_file_unknown_to_a_template_has_its_reason(below: str, reason: str) -> None:
    """A file that a template does not take for data is unknown, and the reason says why."""
    placed = layout_of(template="{table}/{yyyy}/{mm}/{dd}/{hh}/").place(below, WRITTEN)

    assert isinstance(placed, Unknown)
    assert reason in placed.reason


@pytest.mark.parametrize(
    ("template", "below"),
    [
        ("{table}/v1.0/{yyyy}/{mm}/{dd}/", "v1x0/2018/09/06/x.csv"),
        ("{table}/{yyyy}/{mm}/{dd}/{yyyy}{mm}{dd}_", "2018/09/06/20180907_x.csv"),
    ],
)
def test_a_template_is_taken_to_the_letter(template: str, below: str) -> None:
    """Marks in a template stand for themselves, and a place that comes twice says the same twice."""
    assert isinstance(layout_of(template=template).place(below, WRITTEN), Unknown)


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("dms", "does not begin with {table}/"),
        ("{yyyy}/{mm}/{dd}/{table}/", "does not begin with {table}/"),
        ("{table}/{yyyy}/{mm}/", "lacks {dd}"),
        ("{table}/", "lacks {yyyy}"),
        ("{table}/{yyyy}/{mm}/{dd}/{hour}/", "has {hour}"),
        ("{table}/{YYYY}/{mm}/{dd}/", "has {YYYY}"),
        ("{table}/{yyyy:04}/{mm}/{dd}/", "has {yyyy}"),
        ("{table}/{}/{mm}/{dd}/", "has {}"),
        ("{table}/{yyyy/{mm}/{dd}/", "cannot be read"),
        ("{table}/{yyyy}/{mm}/{dd}}/", "cannot be read"),
    ],
)
def test_a_faulty_template_is_refused_with_the_remedy(template: str, fault: str) -> None:
    """A template that cannot tell an hour is refused, with what is wrong and what to write."""
    with pytest.raises(ConfigurationError) as raised:
        layout_of(template=template)

    assert repr(template) in str(raised.value)
    assert fault in str(raised.value)
    assert "Write auto, or a template such as" in str(raised.value)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "UTC+1"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    """A time zone that does not exist is refused with its name and the remedy."""
    with pytest.raises(ConfigurationError, match=re.escape(repr(zone)) + r".*IANA name"):
        layout_of(zone)


def test_table_names_are_taken_literally_by_templates() -> None:
    """A table's folder with characters of regular expressions stands for itself in a template."""
    layout = read_layout("{table}/{table}-{yyyy}{mm}{dd}{hh}/", "UTC", "a.b+(c) é")

    assert layout.place("a.b+(c) é-2018090610/x.csv", WRITTEN) == Placed(WRITTEN.replace(minute=0), "cdc")
    assert isinstance(layout.place("aXb+(c) é-2018090610/x.csv", WRITTEN), Unknown)


def test_a_template_ending_in_a_number_does_not_cut_a_longer_one() -> None:
    """Digits right behind a template's last number make the key unknown, not a file of that hour."""
    layout = layout_of(template="{table}/{yyyy}-{mm}-{dd}T{hh}")

    assert isinstance(layout.place("2018-09-06T101/x.csv", WRITTEN), Unknown)


@pytest.mark.parametrize(
    ("local", "zone", "hour"),
    [
        ("2018-10-28T02:30", "Europe/Madrid", "2018-10-28T00"),
        ("2018-11-04T01:30", "America/New_York", "2018-11-04T05"),
        ("2018-03-25T02:30", "Europe/Madrid", "2018-03-25T01"),
        ("2018-03-11T02:30", "America/New_York", "2018-03-11T07"),
        ("2018-10-07T02:15", "Australia/Lord_Howe", "2018-10-06T15"),
        ("2011-12-30T10:00", "Pacific/Apia", "2011-12-30T20"),
    ],
)
def test_local_times_that_come_twice_or_never_have_one_hour(local: str, zone: str, hour: str) -> None:
    """A local time that comes twice is the first of the two; one left out is as much later."""
    assert hour == format_hour(to_utc_hour(datetime.fromisoformat(local), ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("first", "zone", "local"),
    [
        ("2018-03-25T01", "Europe/Madrid", "2018-03-25T02"),
        ("2018-09-29T14", "Pacific/Chatham", "2018-09-30T02"),
        ("2011-12-30T20", "Pacific/Apia", "2011-12-30T10"),
    ],
)
def test_local_hours_that_clocks_leave_out_are_looked_for(first: str, zone: str, local: str) -> None:
    """Names with a local time that never was are among those of the hour they are placed in."""
    hour = parse_hour(first)

    assert datetime.fromisoformat(f"{local}:00") in local_hours(hour, hour + ONE_HOUR, ZoneInfo(zone))
