"""Proves that a LAKE which is a folder too high or too low is known by what lies there, and no other is."""

from collections.abc import Sequence

import pytest

from lake_assets.lake.levels import find_wrong_levels
from lake_assets.lake.loose_objects import look_around
from lake_assets.lake.s3 import Lake
from lake_assets_tests.fix_lake import LakeBucket

FULL, CHANGES = "LOAD00000001.csv", "20180906-101530123.csv"


def wrong_levels(
    bucket: LakeBucket, keys: Sequence[str], prefix: str, declared: Sequence[str] = ()
) -> list[str]:
    """Put objects, and give for each wrong level which way and what LAKE should be, below the bucket."""
    for key in keys:
        bucket.put(key, b"1,a\n")
    lake = Lake(bucket.client, bucket.bucket, prefix)
    wrong = find_wrong_levels(lake, look_around(lake), declared)
    return [f"{each.way} {each.right.removeprefix(f's3://{bucket.bucket}')}" for each in wrong]


@pytest.mark.parametrize(
    ("keys", "prefix", "expected"),
    [
        ([f"export/shop/orders/{CHANGES}", f"export/shop/users/{FULL}"], "", ["high /export"]),
        ([f"export/shop/orders/{FULL}", f"export/crm/leads/{FULL}"], "", ["high /export"]),
        ([f"export/shop/orders/2018/09/06/{CHANGES}"], "", ["high /export"]),
        ([f"a/b/shop/orders/{CHANGES}"], "", ["high /a/b"]),
        ([f"x/shop/orders/{FULL}"], "x/shop", ["low /x"]),
        ([f"x/shop/orders/2018/09/06/{CHANGES}"], "x/shop", ["low /x"]),
        ([f"x/shop/orders/{FULL}"], "x/shop/orders", ["low /x"]),
        ([f"x/shop/orders/2018/09/06/{CHANGES}"], "x/shop/orders", ["low /x"]),
        ([f"orders/{FULL}"], "", ["low "]),
    ],
)
def test_the_right_folder_is_named(
    lake_bucket: LakeBucket, keys: list[str], prefix: str, expected: list[str]
) -> None:
    """Tables are where DMS's files lie, and the sources are right above them."""
    assert wrong_levels(lake_bucket, keys, prefix) == expected


def test_other_trees_are_no_wrong_level(lake_bucket: LakeBucket) -> None:
    """Dates, partitions beside a table's files, Hive's folders, hidden ones and loose files are in order."""
    keys = [
        f"shop/orders/{FULL}",
        f"shop/orders/p2017/{FULL}",
        f"shop/orders/2018/09/06/{CHANGES}",
        f"shop/visits/2018-09-06/{CHANGES}",
        f"shop/parts/p1/{FULL}",
        f"shop/old/users/{CHANGES}",
        f"shop/hive/dt=2018-09-06/{CHANGES}",
        f"shop/awsdms_status/x/{CHANGES}",
        f"shop/.old/orders/{CHANGES}",
        "shop/papers/deep/er/readme.txt",
        f"shop/{CHANGES}",
        CHANGES,
    ]
    assert wrong_levels(lake_bucket, keys, "") == []


def test_a_catalog_that_says_how_deep_tables_lie_is_believed(lake_bucket: LakeBucket) -> None:
    """With a template, or folders in `from`, tables may lie at any depth."""
    assert wrong_levels(lake_bucket, [f"export/shop/orders/{CHANGES}"], "", ["export"]) == []
