"""Proves that no type is wrong for what the loader reads, however odd and contradictory the files are."""

from random import Random

import psycopg
import pytest

from lake_assets_tests.discover.conftest import CHANGES, FULL, LATER, Unknown
from lake_assets_tests.discover.drawn_cells import EVERY

NAMES = ["I", "U", "D", "a", "b", "id", "name", "Op", "x y", "column_1", "column_2"]
POOL = [*EVERY, *NAMES * 3, *map(str, range(40))]
TABLES = 60


def make_cell(random: Random, value: str) -> str:
    """Write a cell in one of the ways people do, the wrong ones among them."""
    if random.random() < 0.03:
        return value
    if random.random() < 0.1:
        return random.choice(["", '""'])
    if set(value) & set('",\r\n') or random.random() < 0.1:
        return '"' + value.replace('"', '""') + '"'
    return value


def make_file(random: Random, base: list[list[str]], *, op: bool) -> str:
    """Write a file of a few records, some of them of another width than the table."""
    lines = []
    usual = len(base) + random.choice([0, 0, 0, 1])
    for _ in range(random.choice([0, 1, 1, 2, 3, 8])):
        width = usual if random.random() < 0.95 else random.randint(1, 6)
        values = [random.choice(base[place] if place < len(base) else POOL) for place in range(width)]
        cells = [make_cell(random, value) for value in values]
        lines.append(",".join([random.choice("IUD"), *cells] if op else cells))
    return random.choice(["\n", "\r\n"]).join(lines) + random.choice(["", "\n"])


@pytest.mark.parametrize("seed", [1, 2])
def test_no_record_is_refused_for_a_type(unknown: Unknown, seed: int) -> None:
    """Whatever is in quarantine is there for its form, and never because a column has the wrong type."""
    random = Random(seed)  # noqa: S311 - the same files each time
    for number in range(TABLES):
        base = [random.sample(POOL, random.choice([1, 2, 5, 30])) for _ in range(random.randint(1, 4))]
        for name in random.sample([FULL, CHANGES, LATER], random.randint(1, 3)):
            op = name != FULL and random.random() < 0.5
            unknown.put(make_file(random, base, op=op), f"shop/t{number}/{name}")
    unknown.discover()
    unknown.load()

    with psycopg.connect(unknown.url) as connection:
        refused = "SELECT table_name, value, reason FROM lake_assets.quarantine WHERE sqlstate IS NOT NULL"
        assert connection.execute(refused).fetchall() == []
