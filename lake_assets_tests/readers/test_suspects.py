"""Proves `suspects`: cells of the commonest forms are passed over, and what may lose something never is."""

import pytest

from lake_assets.readers.csv_splitter import Limits
from lake_assets.readers.records import read_blocks
from lake_assets.readers.suspects import Watched, find_suspects
from lake_assets_tests.readers.rule import dialect_of, in_chunks

SECOND = "2026-11-30 10:15:30"
FORMS: dict[Watched, tuple[list[str], list[str]]] = {
    Watched("number"): (
        ["0", "7", "-7", "+12", "007", "1.5", "-0.5e3", "12345678901234567890", "NULL"],
        ["0x1A", "-0x1", "0b1", "0O7", "1_000", " 0x1", "-1_0", "12345678_9", ".5", "nan"],
    ),
    Watched("scaled", 2): (
        ["1.25", "1.2", "7", "-1.25", "1234567890.10", "12345678901234"],
        ["1.255", "1e-3", "1.e-9", "0x1.25", "1_0.25", "-7.", "1.250"],
    ),
    Watched("scaled", 4): (["1.2500", "1.25"], ["1.5e-9", "0.00001"]),
    Watched("scaled", 0): (["7", "12345678"], ["7.5", "1e-1", "12345678.5"]),
    Watched("moment", 6): (
        [
            SECOND,
            f"{SECOND}.5",
            f"{SECOND}.123456",
            f"{SECOND}Z",
            f"{SECOND}.123+00",
            f"{SECOND}.123456+00:00",
        ],
        [
            *(
                f"{SECOND}{end}"
                for end in ("+05:30", "-08", ".5+01", ".123456+05:30", ".1234567", " PST", "+0530")
            ),
            "2016-12-31 23:59:60",
            "01.02.26   10:15:30",
            "2026-11-30 10:15+05",
            "2026-11-30",
            "infinity",
        ],
    ),
    Watched("moment", 3): ([SECOND, f"{SECOND}.123"], [f"{SECOND}.1234", f"{SECOND}.123456"]),
    Watched("instant", 6): (
        [SECOND, f"{SECOND}+05:30", f"{SECOND}.123456-08:00", f"{SECOND}.5Z"],
        [f"{SECOND}.1234567", f"{SECOND}.1234567+05:30", "2016-12-31 23:59:60Z", "26-11-30 10:15:30"],
    ),
    Watched("day", 6): (
        ["2026-11-30", "2026-11-30 00:00:00", "2026-11-30T00:00:00"],
        ["2026-11-30 00:00:01", "01.02.2026", "26-11-30", "2026-11-30 00:00:00+02", "30 Nov 2026"],
    ),
    Watched("clock", 6): (
        ["10:15:30", "10:15:30.5", "10:15:30.123456"],
        ["10:15:30+02", "23:59:60", "10:15", "10:15:30.1234567", "10:15:30Z", SECOND],
    ),
    Watched("padded", 3): (["abc", "ab ", "abcd"], ["abc ", "abcdef  "]),
    Watched("any"): ([], ["a", "{1}"]),
}


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("window", [1, 10_000])
@pytest.mark.parametrize("watched", FORMS, ids=lambda each: f"{each.kind}-{each.digits}")
def test_only_cells_that_may_lose_something_are_named(watched: Watched, window: int, quote: str) -> None:
    """In the first, the middle and the last column, alone in a block and among others, quoted or not."""
    plain, suspicious = FORMS[watched]
    dialect = dialect_of("a", "b", "c", null="NULL")
    cells = [*plain, "", *suspicious, *plain]
    lines = [",".join([f"{quote}{cell}{quote}"] * 3) for cell in cells if cell != "NULL" or not quote]
    data = "".join(f"{line}\n" for line in lines).encode()
    look_for = dict.fromkeys("abc", watched)

    found = [
        (suspect.column, suspect.text)
        for block in read_blocks(in_chunks(data, (5,)), dialect, Limits(window=window))
        for suspect in find_suspects(block, dialect, look_for)
    ]

    assert sorted(found) == sorted((column, cell) for cell in suspicious for column in "abc")
