"""Proves that what stands between a load and the rows of main never doubles or drops any in silence."""

import pytest

from lake_assets_tests.fix_bench import GOOD, Bench

FUNCTION = "CREATE FUNCTION shop.meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {} END$$"
TRIGGER = "CREATE TRIGGER meddler {} ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.meddle()"
AGAIN = "IF pg_trigger_depth() = 1 THEN INSERT INTO shop.orders SELECT NEW.*; END IF; RETURN NULL;"


NONE = "RETURN NULL;"
RULE = "CREATE RULE meddler AS ON DELETE TO shop.orders DO INSTEAD NOTHING"


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([FUNCTION.format(NONE), TRIGGER.format("BEFORE DELETE")], "rows are there still"),
        ([FUNCTION.format(NONE), TRIGGER.format("BEFORE INSERT")], "0 rows reached main, and 3 good"),
        ([FUNCTION.format(AGAIN), TRIGGER.format("AFTER INSERT")], "has 6 rows of the hour after 3"),
        ([RULE], "rows are there still"),
    ],
)
def test_rows_that_do_not_come_or_go_as_they_should_change_nothing(
    bench: Bench, statements: list[str], said: str
) -> None:
    """The load is rolled back, and its reason names what is in the way."""
    bench.put(GOOD)
    bench.load()
    before = bench.rows()
    for statement in statements:
        bench.query(statement)

    report = bench.load()

    assert report.state == "mismatch"
    assert said in (report.error or "")
    assert "meddler" in (report.error or "")
    assert bench.rows() == before
