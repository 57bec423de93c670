"""Proves a whole folder as DMS leaves it: full loads, changes, its own tables and unmatched, side by side."""

from lake_assets.hours import ONE_HOUR
from lake_assets_tests.fix_bench import HOUR, Bench

FULL = [
    "2018/09/06/10/LOAD00000001.csv",
    "2018-09-06-10/SEGMENT2_LOAD0000000A.csv",
    "2018090610/LOAD0000000B.csv.gz",
]
CHANGES = [
    "20180906-100000000.csv",
    "2018/09/06/20180906-1000000001.csv",
    "06-09-2018/20180906-100000002.csv",
]
NEVER_DATA = [
    "_SUCCESS",
    ".hidden.csv",
    "20180906-100000000.csv.tmp",
    "awsdms_status/LOAD00000001.csv",
    "2018/",
    "x_$folder$",
]
STRANGERS = ["CDC_TXN-20180906100000000.csv", "notes+of the day.txt", "LOAD0000000G.csv"]


def test_files_of_one_folder_are_told_apart_by_name_and_width(any_bench: Bench) -> None:
    """Full loads without Op and changes with it share an hour; what is no data is passed over or reported."""
    bench = any_bench.with_table({"id": "bigint", "note": "text"})
    for number, name in enumerate(FULL, 1):
        bench.bucket.put(f"shop/orders/{name}", f"{number},full\n".encode())
    for number, name in enumerate(CHANGES, 11):
        bench.bucket.put(f"shop/orders/{name}", f"I,{number},new\nU,{number},changed\n".encode())
    for name in [*NEVER_DATA, *STRANGERS]:
        bench.bucket.put(f"shop/orders/{name}", b"9,no data\n" * (not name.endswith("/")))

    report = bench.load_twice()
    listing = bench.lake.list_table("shop", bench.table, HOUR, HOUR + ONE_HOUR)

    assert report.state == "quarantined"
    assert sorted(bench.rows("id, note")) == [
        (1, "full"),
        (2, "full"),
        (3, "full"),
        *((n, "new") for n in (11, 12, 13)),
    ]
    assert [row[0] for row in bench.quarantine("value")] == ["U", "U", "U"]
    assert sorted(item.key for item in listing.unmatched) == sorted(
        f"shop/orders/{name}" for name in STRANGERS
    )


def test_files_of_other_tools_load_by_template(any_bench: Bench) -> None:
    """Spark's folders of day and hour load by a template, its markers beside them are no data."""
    bench = any_bench.with_table(
        {"id": "bigint", "note": "text"}, files={"layout": "{table}/dt={yyyy}-{mm}-{dd}/hr={hh}/"}
    )
    folder = "shop/orders/dt=2018-09-06/hr=10"
    bench.bucket.put(f"{folder}/part-0001.csv", b"1,a\n")
    bench.bucket.put(f"{folder}/part 2+3.csv.gz", b"2,b\n")
    bench.bucket.put(f"{folder}/_SUCCESS", b"")

    report = bench.load_twice()

    assert (report.state, len(report.files)) == ("loaded", 2)
    assert sorted(bench.rows("id, note")) == [(1, "a"), (2, "b")]
