"""Proves `checks.values`: a value of main that its file does not give is found, and nothing else is."""

from uuid import uuid4

import pandas as pd

from lake_assets_tests.fix_bench import GOOD, Bench

ODD_TYPES = {
    "id": "bigint",
    "f": "double precision",
    "n": "numeric",
    "j": "json",
    "b": "jsonb",
    "p": "point",
    "a": "text[]",
    "c": "char(5)",
    "t": "time with time zone",
    "z": "timestamptz",
    "y": "bytea",
}
ODD = (
    '1,NaN,1.00,"{""a"": 1, ""a"":2}","{""k"": [1]}","(1,2)","{x,NULL}",ab,10:00+02,'
    "2018-09-06 10:00+05:30,00ff\n"
    "2,-0,1e3,,,,,,,,\n"
    "bad,1,1,,,,,,,,\n"
)
DOCUMENTS = {
    "columns": {"id": "bigint", "city": {"type": "text", "path": "doc.city"}},
    "key": ["id"],
    "children": {"tags": {"path": "doc.tags", "columns": {"tag": {"type": "text", "path": []}}}},
}


def stamp(frame: pd.DataFrame) -> pd.DataFrame:
    """Give each record a number that is never the same, and twice a row for the first."""
    frame["note"] = [str(uuid4()) for _ in range(len(frame))]
    return pd.concat([frame, frame.head(1)])


def test_a_changed_value_of_any_type_is_found(any_bench: Bench) -> None:
    """Cells that somebody has changed make the hour a mismatch, which names columns and records."""
    bench = any_bench.with_table(ODD_TYPES)
    key = bench.put(ODD)
    bench.load()
    assert bench.check(deep=True).findings == ()

    bench.query("UPDATE shop.orders SET n = 1.0, j = '{\"a\":2}', p = '(1,3)', a = '{x,y}' WHERE id = 1")
    bench.query("UPDATE shop.orders SET f = 0 WHERE id = 2")

    assert bench.check().passed
    columns = "f in 1, n in 1, j in 1, p in 1, a in 1"
    found = (f"{key}: read again beside shop.orders, which has 2 rows otherwise ({columns}; records 1, 2)",)
    assert bench.check(deep=True).findings == found
    assert bench.check().findings == found
    bench.load()
    assert bench.check(deep=True).passed


def test_documents_and_child_tables_are_compared(bench: Bench) -> None:
    """A value inside a document, and one in a child table, are compared with the document they came from."""
    documents = bench.with_catalog(DOCUMENTS)
    key = documents.put_records(
        [("id", "doc"), ("1", '{"city": "Ulm", "tags": ["a", "b"]}'), ("2", '{"tags": [1]}')]
    )
    documents.load()
    assert documents.check(deep=True).findings == ()

    documents.query("UPDATE shop.orders SET city = 'Bonn' WHERE id = 1")
    documents.query("UPDATE shop.orders__tags SET tag = 'c' WHERE _lake_index = 1")
    documents.query("UPDATE shop.orders__tags SET _lake_index = 7 WHERE tag = '1'")

    of_tags = "1 row otherwise (tag in 1; records 1); no row of 1 record; 1 row that the file does not give"
    assert documents.check(deep=True).findings == (
        f"{key}: read again beside shop.orders, which has 1 row otherwise (city in 1; records 1)",
        f"{key}: read again beside shop.orders__tags, which has {of_tags}",
    )


def test_what_a_transform_makes_is_compared_where_it_makes_it_again(bench: Bench) -> None:
    """Columns that a transform fills otherwise each time are left aside and named; others are compared."""
    stamped = bench.with_table(
        {"id": "bigint", "amount": "numeric", "note": "text"}, transform=f"{__name__}:stamp"
    )
    stamped.put("1,10.50,a\n2,20,b\nx,1,c\n")
    stamped.load()

    clean = stamped.check(deep=True)

    assert (clean.passed, clean.findings) == (True, ())
    assert "not compared with the lake: note" in (clean.why or "")
    stamped.query("UPDATE shop.orders SET amount = 1 WHERE id = 2")
    assert "which has 1 row otherwise (amount in 1; records 2)" in stamped.check(deep=True).findings[0]


def test_what_main_refused_is_not_expected_of_it(bench: Bench) -> None:
    """What a check of main refused is in quarantine and not expected; what a trigger changes is told."""
    key = bench.put(GOOD)
    bench.load()
    bench.query("ALTER TABLE shop.orders ADD CHECK (id <> 2) NOT VALID")
    bench.load()
    assert bench.state()[0] == "quarantined"
    assert bench.check(deep=True).findings == ()
    body = "BEGIN NEW.note := 0; RETURN NEW; END"
    bench.query(f"CREATE FUNCTION shop.mask() RETURNS trigger LANGUAGE plpgsql AS '{body}'")
    bench.query("CREATE TRIGGER mask BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.mask()")

    bench.load()

    assert bench.check(deep=True).findings == (
        f"{key}: read again beside shop.orders, which has 2 rows otherwise (note in 2; records 1, 3)",
    )
