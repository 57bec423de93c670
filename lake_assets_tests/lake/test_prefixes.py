"""Proves `lake.prefixes`: no file of the hours asked for lies outside the parts that are listed for them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lake_assets.hours import ONE_HOUR
from lake_assets.lake.auto_layout import AutoLayout
from lake_assets.lake.dates import CENTURY
from lake_assets.lake.layout import read_layout
from lake_assets.lake.placement import Layout, Placed
from lake_assets.lake.prefixes import LONGEST_SPAN, Part, parts_of_folder, parts_of_hours
from lake_assets_tests.lake.test_layout import DATE_FOLDERS, ZONES

TEMPLATES = (
    "{table}/{yyyy}/{mm}/{dd}/{hh}/",
    "{table}/dt={yyyy}-{mm}-{dd}/hr={hh}/",
    "{table}/{hh}/{dd}{mm}{yyyy}_",
    "{table}/{yyyy}-{mm}-{dd}/",
)

LONGEST = LONGEST_SPAN // ONE_HOUR

# Two years with a change of the clocks by an hour, by half an hour and (Samoa) by a day.
hours = st.integers(0, 2 * 365 * 24).map(
    lambda hour: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
)


def is_listed(key: str, parts: tuple[Part, ...]) -> bool:
    """Return whether S3 gives this key, below the table's folder, for one of the parts."""
    return any(
        key.startswith(part.prefix)
        and key > part.after
        and part.prefix.startswith(part.guard)
        and not (part.flat and "/" in key[len(part.prefix) :])
        for part in parts
    )


def is_found(key: str, layout: Layout, first: datetime, end: datetime) -> bool:
    """Return whether a listing for these hours comes upon this key."""
    if isinstance(layout, AutoLayout) and not key.startswith(CENTURY):
        folder, slash, _ = key.partition("/")
        return not slash or is_listed(key, parts_of_folder(folder, layout, first, end))
    return is_listed(key, parts_of_hours(layout, first, end))


@given(
    named=hours,
    minutes=st.integers(0, 59),
    before=st.integers(0, LONGEST - 1),
    in_folder=st.integers(-49, 49),
    written=st.integers(-49, 49),
    length=st.integers(1, LONGEST),
    zone=st.sampled_from(ZONES),
    folder=st.sampled_from(("p0/", "09/", "Ω/", "0/", *DATE_FOLDERS)),
    name=st.sampled_from(("%Y%m%d-%H%M%S012.csv", "LOAD00000001.csv", "SEGMENT1_LOAD001.csv.gz")),
)
@example(  # in the second of two hours that have one local name
    named=datetime(2011, 10, 30, 1, tzinfo=UTC),
    minutes=0,
    before=0,
    in_folder=0,
    written=0,
    length=1,
    zone="Europe/Madrid",
    folder="%Y/%m/%d/",
    name="LOAD00000001.csv",
)
def test_no_file_of_the_hours_is_left_out(
    named: datetime,
    minutes: int,
    before: int,
    in_folder: int,
    written: int,
    length: int,
    zone: str,
    folder: str,
    name: str,
) -> None:
    """Whatever DMS layout, zone and delay: a file placed in the hours lies in the parts listed for them."""
    layout = read_layout("auto", zone, "orders")
    local = (named + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
    key = (local + timedelta(hours=in_folder)).strftime(folder) + local.strftime(name)
    placed = layout.place(key, named + timedelta(hours=written))
    if isinstance(placed, Placed):
        first = placed.hour - timedelta(hours=before % length)

        assert is_found(key, layout, first, first + timedelta(hours=length))


@pytest.mark.parametrize("folder", DATE_FOLDERS)
@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("day", [6, 20])
def test_a_file_a_day_off_its_folder_is_found(folder: str, days: int, day: int) -> None:
    """An hour's file is found in the folder of its date, of the day before or after, in any form."""
    layout = read_layout("auto", "UTC", "orders")
    hour = datetime(2018, 9, day, 10, tzinfo=UTC)
    key = (hour + timedelta(days=days)).strftime(folder) + hour.strftime("%Y%m%d-%H%M%S012.csv")

    assert layout.place(key, hour) == Placed(hour, "cdc")
    assert is_found(key, layout, hour, hour + timedelta(hours=1))


@given(
    named=hours,
    length=st.integers(1, LONGEST),
    before=st.integers(0, LONGEST - 1),
    zone=st.sampled_from(ZONES),
    template=st.sampled_from(TEMPLATES),
)
def test_no_file_of_a_template_is_left_out(
    named: datetime, length: int, before: int, zone: str, template: str
) -> None:
    """Whatever the zone: a file that a template places in the hours lies in the parts listed for them."""
    layout = read_layout(template, zone, "orders")
    local = named.astimezone(ZoneInfo(zone))
    parts = {"yyyy": f"{local:%Y}", "mm": f"{local:%m}", "dd": f"{local:%d}", "hh": f"{local:%H}"}
    key = template.format(table="orders", **parts).removeprefix("orders/") + "x.csv"
    placed = layout.place(key, named)
    assert isinstance(placed, Placed)
    first = placed.hour - timedelta(hours=before % length)

    assert is_found(key, layout, first, first + timedelta(hours=length))


def test_many_hours_of_one_date_are_one_part() -> None:
    """The change files of many hours of a date are asked for at once, of a few hours one by one."""
    layout = read_layout("auto", "UTC", "orders")
    first = datetime(2018, 9, 6, tzinfo=UTC)

    day = {part.prefix for part in parts_of_hours(layout, first, first + timedelta(hours=12))}
    two = {part.prefix for part in parts_of_hours(layout, first, first + timedelta(hours=2))}

    assert {prefix for prefix in day if prefix.endswith("-")} == {"20180906-"}
    assert {"20180906-00", "20180906-01"} <= two


def test_an_hour_of_a_template_is_one_part() -> None:
    """With a template, one hour is one prefix."""
    layout = read_layout("{table}/{yyyy}/{mm}/{dd}/{hh}/", "UTC", "orders")
    first = datetime(2018, 9, 6, 10, tzinfo=UTC)

    assert parts_of_hours(layout, first, first + timedelta(hours=1)) == (Part("2018/09/06/10/"),)


def test_a_date_folder_of_another_day_is_not_listed() -> None:
    """A date folder that begins with the day or month is left out if its day is far from the hours."""
    layout = read_layout("auto", "UTC", "orders")
    assert isinstance(layout, AutoLayout)
    first = datetime(2018, 9, 6, 10, tzinfo=UTC)

    assert parts_of_folder("09-2018-06", layout, first, first + timedelta(hours=1)) == (Part("09-2018-06/"),)
    assert parts_of_folder("09-2018-08", layout, first, first + timedelta(hours=1)) == ()
