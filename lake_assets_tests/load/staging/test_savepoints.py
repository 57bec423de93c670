"""Proves `load.staging.savepoints`: what one record spoils is undone, and the record is found."""

import psycopg
import pytest

from lake_assets.load.staging.savepoints import Refused, Stretch, bisect, savepoint


def test_only_what_a_record_can_cause_is_refused(warehouse_url: str) -> None:
    """An error of a value undoes the block alone; any other error is raised as it came."""
    with psycopg.connect(warehouse_url) as connection:
        connection.execute("CREATE TEMPORARY TABLE kept (a integer)")
        with pytest.raises(Refused) as refused, savepoint(connection):
            connection.execute("INSERT INTO kept SELECT 1 / (2 - n) FROM generate_series(1, 2) AS n")
        with pytest.raises(psycopg.errors.UndefinedTable), savepoint(connection):
            connection.execute("SELECT FROM nowhere")

        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert refused.value.sqlstate == "22012"
    assert refused.value.bad_record(7).number == 7
    assert refused.value.bad_record(7).reason == "division by zero"


@pytest.mark.parametrize("bad", [set(), {1}, {100}, {1, 2, 50, 99, 100}, set(range(1, 101))])
def test_the_refused_records_are_found_and_all_others_are_done(bad: set[int]) -> None:
    """Whatever lies beside it, a good record is part of exactly one stretch that went well."""
    done: list[int] = []

    def act(part: Stretch) -> None:
        numbers = range(part.first, part.last + 1)
        if bad & set(numbers):
            raise Refused("bad", "22000")
        done.extend(numbers)

    refused = [stretch.first for stretch, _ in bisect([Stretch(1, 1, 100)], act)]

    assert refused == sorted(bad)
    assert done == sorted(set(range(1, 101)) - bad)
