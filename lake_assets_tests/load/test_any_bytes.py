"""Proves the whole load over generated files: what main and quarantine hold is told by the plain rule."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_assets_tests.fix_bench import Bench
from lake_assets_tests.readers.rule import PlainRecord, dialect_of, plain_records
from lake_assets_tests.readers.test_records import hostile_bytes, plainly

FILES = 12
NAMES = ("one", "two")


def plain_lines(data: bytes, delimiter: bytes) -> list[PlainRecord]:
    """Cut data into records by the rule for `quoting: none`."""
    lines = data.split(b"\n")
    wholes = [line + b"\n" for line in lines[:-1]] + lines[-1:] * (lines[-1] != b"")
    records = []
    for whole in wholes:
        raw = whole.removesuffix(b"\r\n") if whole.endswith(b"\r\n") else whole.removesuffix(b"\n")
        if raw:
            records.append(PlainRecord(whole, raw, tuple((cell, False) for cell in raw.split(delimiter))))
    return records


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    bodies=st.lists(hostile_bytes, min_size=FILES, max_size=FILES),
    quoting=st.sampled_from(["rfc4180", "none"]),
    delimiter=st.sampled_from([",", "|", "\t"]),
    nul=st.sampled_from(["replace", "strip", "quarantine"]),
    null=st.sampled_from(["", "a"]),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_any_bytes_load_by_the_rule(
    any_bench: Bench, bodies: list[bytes], quoting: str, delimiter: str, nul: str, null: str, end: bytes
) -> None:
    """Good records are rows with their cells, bad ones are in quarantine with their bytes, none is lost."""
    files = {"quoting": quoting, "delimiter": delimiter, "nul": nul, "null": null, "header": True}
    bench = any_bench.with_table(dict.fromkeys(NAMES, "text"), files=files)
    dialect = dialect_of(*NAMES, delimiter=delimiter, quoting=quoting, nul=nul, null=null)
    by = delimiter.encode()
    rows: list[tuple[object, ...]] = [("x", "y")]
    raws: list[tuple[int, bytes]] = []
    bench.put(by.join([b"one", b"two"]) + end + by.join([b"x", b"y"]))
    for number, body in enumerate(bodies, 1):
        data = body.replace(b",", by)
        bench.put(by.join([b"one", b"two"]) + end + data, number=number)
        records = plain_lines(data, by) if quoting == "none" else plain_records(data, by)
        for place, record in enumerate(records, 1):
            cells = plainly(record, dialect)
            if cells is None:
                raws.append((place, record.raw))
            else:
                rows.append(cells)

    report = bench.load()

    assert report.state == ("quarantined" if raws else "loaded")
    assert (report.counts.loaded, report.counts.quarantined) == (len(rows), len(raws))
    assert bench.rows("one, two") == rows
    assert bench.quarantine("record, raw") == raws
    assert bench.check(deep=True).passed
