"""Proves that the quick ways of `document_expressions` give what the way of all gives."""

import json
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from lake_assets.ledger.install import install
from lake_assets.load.staging.document_expressions import Leaf, resolve_types
from lake_assets.postgres import type_name
from lake_assets_tests.examples import examples

TYPES = (
    *("text", "varchar(3)", "char(2)", "inet", "int4range", "daterange", "bigint", "smallint"),
    *("numeric", "numeric(6,2)", "float8", "boolean", "timestamptz", "date", "uuid", "bytea", "jsonb"),
    *("integer[]", "text[]"),
)
PATHS = (("a",), ("a", "b"), ("a", "0"), ("$date",))
WORDS = st.sampled_from(
    [
        *("", " 1", "1.0", "1e2", "true", "NaN", "now", "abc", "{", "{x", "[1,5)", "[", "2018-09-06", "::1"),
        *("00000000-0000-4000-8000-000000000000", "0x00ff", "12345678901234567890", "\\x", "ü", "{}", "[]"),
    ]
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.sampled_from([0.0, 1.5, 1e300]) | WORDS
)
WRAPPED = st.builds(
    lambda key, value, more: {key: value} | more,
    st.sampled_from(
        ["$oid", "$numberLong", "$numberInt", "$numberDecimal", "$numberDouble", "$date", "$uuid"]
    ),
    SCALARS | st.builds(lambda value: {"$numberLong": value}, SCALARS),
    st.sampled_from([{}, {}, {}, {"x": 1}]),
)
VALUES = st.recursive(
    SCALARS | WRAPPED,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab0"), inner, max_size=2),
    max_leaves=4,
)
DOCUMENTS = (
    st.builds(lambda value: {"a": value}, VALUES)
    | st.builds(lambda value: {"a": {"b": value}}, VALUES)
    | VALUES
)


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    declared=st.sampled_from(TYPES),
    path=st.sampled_from(PATHS),
    documents=st.lists(DOCUMENTS, min_size=1, max_size=8),
)
def test_main_gets_what_the_judge_has_looked_at(
    connection: psycopg.Connection, declared: str, path: tuple[str, ...], documents: list[Any]
) -> None:
    """Where a value fits, the quick way gives what the way of all gives; where not, both are errors."""
    install(connection)
    known = resolve_types(connection, [declared])[declared]
    connection.execute(
        sql.SQL("DROP TABLE IF EXISTS main; CREATE TABLE main (v {})").format(type_name(declared))
    )
    leaf = Leaf("v", declared, known, sql.Identifier("d"), path, sql.Identifier("n"), "d")

    for document in documents:
        fits = connection.execute(_opened(document, leaf.to_judge, leaf.fits)).fetchone()
        quick = _insert(connection, _opened(document, leaf.for_main, leaf.value))
        whole = _insert(connection, _opened(document, leaf.to_judge, leaf.value_of_json))

        assert quick == whole, json.dumps(document)
        assert fits == (quick is not None,), json.dumps(document)


def test_whether_a_path_may_end_is_asked_for_once(connection: psycopg.Connection) -> None:
    """The server calls the function: in the statement it would take all keys out again for each wrapper."""
    install(connection)
    known = resolve_types(connection, ["text"])["text"]
    leaf = Leaf("v", "text", known, sql.Identifier("d"), ("a", "b", "c"), sql.Identifier("n"), "d")
    query = sql.SQL("EXPLAIN VERBOSE {}").format(_opened({}, leaf.to_judge, leaf.fits))
    plan = "\n".join(line for (line,) in connection.execute(query))

    assert "document_ends(" in plan
    assert "document_wrapper(" not in plan


def _opened(document: object, node: sql.Composed, value: sql.Composed) -> sql.Composed:
    text = sql.Literal(json.dumps(document))
    query = "SELECT {} FROM (SELECT d, {} FROM (SELECT {}::jsonb AS d) AS staged OFFSET 0) AS opened"
    return sql.SQL(query).format(value, node, text)


def _insert(connection: psycopg.Connection, query: sql.Composed) -> tuple[str | None] | None:
    """Return the text of the value that arrived, or None if there was an error."""
    try:
        return connection.execute(sql.SQL("INSERT INTO main {} RETURNING v::text").format(query)).fetchone()
    except psycopg.DataError:
        return None


NEAR_WRAPPERS = (
    *('{"$binary": "AAEC"}', '{"$binary": "AAEC", "$type": "00", "x": 1}', '{"$binary": "A", "$type": "00"}'),
    *('{"$binary": {"base64": 5555, "subType": "00"}}', '{"$binary": {"base64": "AAEC", "subType": 0}}'),
    *('{"$binary": {"base64": "AAEC", "subType": "00"}, "x": 1}', '{"$binary": {"base64": "AAEC"}}'),
    *(
        '{"$binary": {"base64": "AAEC", "subType": "00", "x": 1}}',
        '{"$binary": {"base64": "A", "subType": "00"}}',
    ),
    *('{"$date": 5, "x": 1}', '{"$date": "2018-09-06", "x": 1}', '{"$date": "soon"}', '{"$date": true}'),
    *('{"$date": {"$numberLong": "5"}, "x": 1}', '{"$date": {"$numberLong": "5", "x": 1}}'),
    *('{"$date": {"$numberLong": true}}', '{"$date": {"x": 1}}', '{"$date": ["2018"]}'),
    *('{"$oid": 5}', '{"$oid": "5", "x": 1}', '{"$undefined": true, "x": 1}'),
    *('{"$numberLong": true}', '{"$numberLong": "5", "x": 1}', '{"$numberInt": true}'),
    *('{"$numberInt": "5", "x": 1}', '{"$numberDouble": true}', '{"$numberDouble": "5", "x": 1}'),
    *('{"$numberDecimal": true}', '{"$numberDecimal": "5", "x": 1}'),
    *('{"$uuid": "00010203"}', '{"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f", "x": 1}'),
    *('{"$timestamp": {"t": "x", "i": 1}}', '{"$timestamp": {"t": 1, "i": "x"}}', '{"$timestamp": {"t": 1}}'),
    *('{"$timestamp": {"t": 1, "i": 1}, "x": 1}', '{"$timestamp": {"t": 1, "i": 1, "x": 1}}'),
    *('{"$timestamp": {"t": 12345678901, "i": 1}}', '{"$symbol": 5}', '{"$symbol": "5", "x": 1}'),
    *('{"$regex": "a"}', '{"$regex": "a", "$options": 5}', '{"$regex": 5, "$options": "i"}'),
    *('{"$regex": "a", "$options": "i", "x": 1}', '{"$regularExpression": {"pattern": 5, "options": "i"}}'),
    *('{"$regularExpression": {"pattern": "a", "options": 5}}', '{"$regularExpression": {"pattern": "a"}}'),
    '{"$regularExpression": {"pattern": "a", "options": "i"}, "x": 1}',
    '{"$regularExpression": {"pattern": "a", "options": "i", "x": 1}}',
    *('{"$code": 5}', '{"$code": "f()", "x": 1}', '{"$minKey": 1, "x": 1}', '{"$maxKey": 1, "x": 1}'),
    *(
        '{"$dbPointer": 5}',
        '{"$dbPointer": {"$ref": "a"}, "x": 1}',
        '{"$more": 1}',
        "{}",
    ),
)
UUID_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"
BASE64 = "AAECAwQFBgcICQoLDA0ODw=="

# function -> arguments, and what it gives
GIVEN: dict[str, dict[str | None, Any]] = {
    "document_wrapper": dict.fromkeys(NEAR_WRAPPERS),
    "document_text": {
        f'{{"$binary": "{BASE64}", "$type": "04"}}': UUID_TEXT,
        f'{{"$binary": "{BASE64}", "$type": "4"}}': UUID_TEXT,
        f'{{"$binary": "{BASE64}", "$type": "00"}}': BASE64,
        '{"$binary": "AAEC", "$type": "04"}': "AAEC",
        '{"$date": -62135596800000}': "0001-01-01T00:00:00Z",
        '{"$date": -62135596800001}': "-62135596800001",
        '{"$date": 253402300799999}': "9999-12-31T23:59:59.999Z",
        '{"$date": 253402300800000}': "253402300800000",
        '{"$date": 9223372036854775807}': "9223372036854775807",
        '{"$date": {"$numberLong": "x"}}': "x",
        '{"$date": "2018-09-06T12:00:00+02:00"}': "2018-09-06T12:00:00+02:00",
        '{"a": 1}': None,
    },
    "document_time": {
        '{"$date": "2018-09-06T12:00:00+02:00"}': "2018-09-06 10:00:00",
        '{"$date": 9224318015999999}': "294276-12-31 23:59:59.999",
        '{"$date": -1}': "1969-12-31 23:59:59.999",
        '{"$timestamp": {"t": 4294967295, "i": 1}}': "2106-02-07 06:28:15",
    },
    "document_time_text": {
        '{"$date": -210866803200000}': "4714-11-24 00:00:00+00 BC",
        '{"$date": -210866803200001}': "-210866803200001 milliseconds since 1970",
        '{"$date": 9224318016000000}': "9224318016000000 milliseconds since 1970",
        '{"$date": {"$numberLong": "9999999999999999999"}}': "9999999999999999999 milliseconds since 1970",
        '{"$date": {"$numberLong": "+5"}}': "+5 milliseconds since 1970",
        '{"$date": 9224318015999999}': "294276-12-31 23:59:59.999+00",
        '{"$timestamp": {"t": 4294967295, "i": 1}}': "2106-02-07 06:28:15+00",
    },
    "document_integer": {
        '{"$numberLong": "3.0"}': "3.0",
        '{"$numberInt": "1e1"}': "1e1",
        '{"$numberDouble": "3.0"}': "3",
        '{"$numberDouble": 2.50}': "2.5",
        '{"$numberDecimal": "1E+3"}': "1000",
        '{"$numberDecimal": "1E+200000"}': "1E+200000",
        '{"$numberDecimal": "NaN"}': "NaN",
        '{"$numberDecimal": "x"}': "x",
    },
    "document_ends": {
        **dict.fromkeys(['{"a": 1}', '{"$undefined": true}', "null", None], True),
        **dict.fromkeys(['{"$oid": "5"}', '"x"', "5", "[]", "true"], False),
    },
}


def test_a_wrapper_is_only_what_extended_json_makes_one(connection: psycopg.Connection) -> None:
    """An object with another key, or a value of another type, is no wrapper; limits hold to the digit."""
    install(connection)
    connection.execute("SET TIME ZONE 'UTC'")
    given = "unnest(%s::text[]) WITH ORDINALITY AS _ (given, place) ORDER BY place"

    for function, cases in GIVEN.items():
        asked = sql.SQL("SELECT {}(given::jsonb)::text FROM " + given).format(
            sql.Identifier("lake_assets", function)
        )
        found = [row[0] for row in connection.execute(asked, [list(cases)])]
        expected = [str(value).lower() if isinstance(value, bool) else value for value in cases.values()]
        assert dict(zip(cases, found, strict=True)) == dict(zip(cases, expected, strict=True)), function
