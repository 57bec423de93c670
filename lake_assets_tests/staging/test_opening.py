"""Proves that the quick ways of `staging.opening` give what the way of all gives, whatever a document has."""

import json
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from lake_assets.ledger import ledger
from lake_assets.postgres import type_name
from lake_assets.staging.opening import Leaf, resolve_types
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
    max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
    ledger.install(connection)
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
    ledger.install(connection)
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
    """Give the text of the value that arrived, or None if there was an error."""
    try:
        return connection.execute(sql.SQL("INSERT INTO main {} RETURNING v::text").format(query)).fetchone()
    except psycopg.DataError:
        return None
