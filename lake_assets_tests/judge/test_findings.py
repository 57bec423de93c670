"""Proves `judge.findings` and `judge.volume`: each oddity opens once, lasts while it is seen, and closes."""

from datetime import timedelta

import pytest

from lake_assets.judge.findings import folder_findings
from lake_assets_tests.fix_judge import ROWS, Court, after, make_source


def rows(court: Court, kind: str) -> list[bool]:
    """Tell of each finding of a kind whether it is open, oldest first."""
    found = court.connection.execute(
        "SELECT gone_at IS NULL FROM lake_assets.findings WHERE kind = %s ORDER BY id", [kind]
    )
    return [is_open for (is_open,) in found]


def test_an_unknown_table_is_found_and_goes_when_the_catalog_has_it(court: Court) -> None:
    """A folder the catalog does not know is one finding however often it is seen, until it is known."""
    court.put(0, table="gifts")
    court.judge()
    court.judge()
    assert "shop/gifts" in court.findings()["unknown_table"]
    assert rows(court, "unknown_table") == [True]

    court.source = make_source(orders={}, gifts={})
    court.judge()

    assert rows(court, "unknown_table") == [False]


def test_what_comes_back_is_found_again(court: Court) -> None:
    """A finding that closed opens anew, as one of its own."""
    for _ in range(2):
        court.bucket.put("shop/orders/readme.txt", b"hello")
        court.judge()
        court.bucket.delete("shop/orders/readme.txt")
        court.judge()

    assert rows(court, "stranger") == [False, False]


def test_a_table_without_a_folder_is_found(court: Court) -> None:
    """A catalog table whose folder never came is found until it comes, and told apart from one that went."""
    court.judge()
    assert "never came" in court.findings()["no_folder"]

    court.put(0)
    court.judge()

    assert "no_folder" not in court.findings()
    (gone,) = folder_findings(court.source, [], {"orders"})
    assert "its folder shop/orders is gone" in gone.note


def test_a_silent_source_is_one_finding(court: Court) -> None:
    """When no table brings anything the source is silent, since a certain hour; one file ends it."""
    court.source = make_source(orders={}, items={})
    court.put(0)
    court.now = after(3)
    court.judge()
    assert (
        "No file of any of the 2 tables of shop from 2018-09-06T11 on." in court.findings()["silent_source"]
    )

    court.put(2, table="items")
    court.judge()

    assert "silent_source" not in court.findings()


def test_a_hole_in_the_numbers_of_a_full_load_is_found(court: Court) -> None:
    """LOAD files without one in between are told; numbers are hexadecimal, and each segment has its own."""
    for name in ("LOAD00000009.csv", "LOAD0000000B.csv", "SEGMENT1_LOAD00000001.csv"):
        court.bucket.put(f"shop/orders/{name}", ROWS.encode())
    for number in range(1, 9):
        court.bucket.put(f"shop/orders/LOAD{number:08X}.csv", ROWS.encode())
    listed = court.lake.list_table("shop", court.source.tables[0])
    court.now = max(item.last_modified for item in listed.objects) + timedelta(hours=2)
    court.source = make_source(start=listed.objects[0].hour, orders={})

    court.judge()
    assert "LOAD0000000A of the full load is not there" in court.findings()["load_hole"]
    court.bucket.put("shop/orders/LOAD0000000A.csv", ROWS.encode())
    court.judge()

    assert "load_hole" not in court.findings()


def test_a_stranger_is_found(court: Court) -> None:
    """A file that belongs to no hour is a finding, with the reason."""
    court.bucket.put("shop/orders/readme.txt", b"hello")

    court.judge()

    assert "shop/orders/readme.txt is not loaded" in court.findings()["stranger"]


@pytest.mark.parametrize(
    ("weeks", "past", "odd"),
    [(4, 400, True), (8, 1, False), (3, 400, False), (4, 3, False)],
    ids=["fewer", "small", "young", "same"],
)
def test_odd_volumes_are_found(court: Court, weeks: int, past: int, *, odd: bool) -> None:
    """Far from the median of four weeks or more is odd; little difference, or little past, is not."""
    court.remember("orders", weeks=weeks, records=past)
    court.put(0)
    court.round()

    court.judge()

    assert ("volume" in court.findings()) is odd
    if odd:
        said = "shop.orders 2018-09-06T10 has 3 records; the same hour of the last 4 weeks had 400 (median)."
        assert court.findings()["volume"] == said


def test_a_volume_within_its_usual_spread_is_not_odd(court: Court) -> None:
    """Where weeks differ much by themselves, a difference as great as theirs is none."""
    for week, records in enumerate((2, 90, 10, 60, 30), 1):
        court.connection.execute(
            "INSERT INTO lake_assets.table_hours "
            "(source, table_name, hour, state, files, records, loaded, run_id) "
            "VALUES ('shop', 'orders', %s, 'loaded', 1, %s, %s, 'r')",
            [court.source.start - week * timedelta(days=7), records, records],
        )
    court.put(0)
    court.round()

    court.judge()

    assert "volume" not in court.findings()
