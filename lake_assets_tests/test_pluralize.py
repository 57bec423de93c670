"""Proves `pluralize`."""

from lake_assets.pluralize import pluralize


def test_numbers_have_their_noun() -> None:
    """One is singular, all else plural, thousands are parted."""
    assert [pluralize(number, "record") for number in (0, 1, 1234)] == [
        "0 records",
        "1 record",
        "1,234 records",
    ]
