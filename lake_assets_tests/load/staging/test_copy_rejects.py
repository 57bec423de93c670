"""Proves `copy_rejects`: of several files at once, exactly the bad records are found, each with its file."""

import pytest

from lake_assets_tests.fix_bench import Bench

COLUMNS = {"number": "bigint", "raw": "bytea"}
GOOD, TEXT, HEX, SHORT, UPDATE = "I,{n},00ff", "I,x{n},00ff", "I,{n},0g", "I,{n}", "U,{n},00ff"


def lines_of(*kinds: str) -> list[str]:
    """Write the records of a file, numbered from 1."""
    return [kind.format(n=number) for number, kind in enumerate(kinds, 1)]


FILES = {
    "gaps at both ends and in between": lines_of(TEXT, GOOD, TEXT, TEXT, GOOD, GOOD, TEXT),
    "none is good": lines_of(TEXT, TEXT, TEXT),
    "all are good": lines_of(GOOD, GOOD),
    "every kind of fault": lines_of(GOOD, SHORT, TEXT, HEX, UPDATE, GOOD, UPDATE, SHORT),
    "no record at all": [],
    "one good record at the end": lines_of(SHORT, HEX, TEXT, UPDATE, GOOD),
}


@pytest.mark.parametrize("order", [list(FILES), list(reversed(FILES))], ids=["forth", "back"])
def test_exactly_the_bad_records_of_every_file_are_set_aside(any_bench: Bench, order: list[str]) -> None:
    """Whatever lies beside it, a good record becomes a row, and a bad one is in quarantine with its bytes."""
    bench = any_bench.with_table(COLUMNS)
    keys = {
        name: bench.put("Op,number,raw\n" + "".join(f"{line}\n" for line in FILES[name]), number=number)
        for number, name in enumerate(order)
    }
    good = {
        (keys[name], number)
        for name, lines in FILES.items()
        for number, line in enumerate(lines, 1)
        if line == GOOD.format(n=number)
    }
    bad = {
        (keys[name], number, line.encode())
        for name, lines in FILES.items()
        for number, line in enumerate(lines, 1)
        if (keys[name], number) not in good
    }

    report = bench.load_twice()

    assert report.state == "quarantined"
    loaded = bench.query(
        "SELECT key, _lake_record FROM shop.orders JOIN lake_assets.files ON id = _lake_file"
    )
    assert sorted(loaded) == sorted(good)
    assert sorted(bench.quarantine("key, record, raw")) == sorted(bad)


def test_a_file_of_many_bad_records_is_set_aside_in_stretches(any_bench: Bench) -> None:
    """Thousands of bad records in a row, and every second one after them, are all found."""
    kinds = 3000 * [TEXT] + 1000 * [GOOD, HEX] + 1000 * [GOOD, TEXT]
    lines = lines_of(*kinds)
    bench = any_bench.with_table(COLUMNS)
    bench.put("Op,number,raw\n" + "".join(f"{line}\n" for line in lines))

    report = bench.load()

    assert (report.counts.loaded, report.counts.quarantined) == (2000, 5000)
    expected = [number for number, kind in enumerate(kinds, 1) if kind != GOOD]
    assert [number for (number,) in bench.quarantine("record")] == expected
