"""Proves that discover opens documents of every origin, says why, and keeps to its limits."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from psycopg.types.json import set_json_loads

from lake_assets.discover.cells.json_tree import MOST_PLACES, Documents
from lake_assets_tests.discover.conftest import CHANGES, LATER, Unknown
from lake_assets_tests.discover.documents import OID
from lake_assets_tests.discover.drawn_cells import write_csv
from lake_assets_tests.discover.test_document_law import hold
from lake_assets_tests.load.formats import parquet_of

FILMS = [
    {"_id": {"$oid": OID}, "title": "Blacksmith Scene", "year": 1893, "cast": ["Charles Kayser", "John Ott"],
     "released": {"$date": -2418768000000}, "awards": {"wins": 1, "text": "1 win."},
     "imdb": {"rating": 6.2, "votes": 1189}, "tomatoes": {"viewer": {"rating": 3.0, "meter": 32}}},
    {"_id": {"$oid": OID}, "title": "The Great Train Robbery", "year": "1903è", "cast": ["A.C. Abadie"],
     "released": {"$date": -2085523200000}, "awards": {"wins": 1, "text": "1 win."},
     "imdb": {"rating": "", "votes": 9847},
     "comments": [{"name": "Mercedes", "date": {"$date": 1029646567000}}]},
    {"_id": {"$oid": OID}, "title": "Winsor McCay", "released": None, "awards": {}, "comments": []},
]  # fmt: skip
LISTINGS = [
    {"_id": "10006546", "name": "Ribeira Charming Duplex", "price": {"$numberDecimal": "80.00"},
     "weekly_price": {"$numberDecimal": "1E+3"}, "bedrooms": {"$numberInt": "3"},
     "bathrooms": {"$numberDouble": "1.5"},
     "host": {"host_id": "51399391", "host_is_superhost": False, "host_verifications": ["email", "phone"]},
     "address": {"country_code": "PT", "location": {"type": "Point", "coordinates": [-8.61308, 41.1413]}},
     "last_scraped": {"$date": {"$numberLong": "1550293200000"}},
     "reviews": [{"_id": "58663741", "date": {"$date": {"$numberLong": "1451797200000"}},
                  "reviewer_name": "Cátia",
                  "tags": [{"tag": "clean"}, {"tag": "quiet", "score": {"$numberInt": "4"}}]}]},
    {"_id": "10009999", "name": None, "price": {"$numberDecimal": "317.00"}, "bedrooms": {"$numberInt": "1"},
     "host": {"host_id": "1282196", "host_is_superhost": True}, "reviews": []},
]  # fmt: skip
RESTAURANTS = [
    {"address": {"building": "1007", "coord": [-73.856077, 40.848447], "zipcode": "10462"},
     "restaurant_id": "30075445",
     "grades": [{"date": {"$date": 1393804800000}, "grade": "A", "score": 2},
                {"date": {"$date": 1378857600000}}]},
    {"address": {"building": "469", "zipcode": "11225"}, "restaurant_id": "30112340",
     "grades": [{"date": {"$date": 1419984000000}, "grade": "B", "score": None}]},
]  # fmt: skip
REPOSITORIES = [
    {"id": 1296269, "owner": {"login": "octocat", "id": 1}, "private": False, "homepage": "https://github.com",
     "license": {"key": "mit", "spdx_id": "MIT"}, "created_at": "2011-01-26T19:01:12Z",
     "size": 108, "topics": ["api"],
     "permissions": {"admin": False},
     "payload": {"commits": [{"sha": "6dcb09b", "author": {"email": "a@b.c"}}]}},
    {"id": 9007199254740993, "owner": {"login": "x", "id": 2}, "private": True,
     "homepage": None, "license": None,
     "created_at": "2011-01-26T19:14:43Z", "size": 0.5, "topics": [],
     "payload": {"action": "started"}, "pushed_at": 5},
]  # fmt: skip


def put_documents(
    unknown: Unknown, documents: Sequence[Any], table: str = "orders", file: str = CHANGES
) -> None:
    """Write a collection as DMS does in its document mode."""
    texts = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in documents]
    rows = [[f"{number:024x}", text] for number, text in enumerate(texts, 2**80)]
    unknown.put(write_csv([["oid__id", "_doc"], *rows]), f"shop/{table}/{file}")


def test_collections_like_those_of_sample_databases_are_opened_and_loaded(unknown: Unknown) -> None:
    """Films, listings, restaurants, repositories: typed columns and child tables hold every value."""
    collections: dict[str, Sequence[Any]] = {
        "films": FILMS,
        "listings": LISTINGS,
        "places": RESTAURANTS,
        "repos": REPOSITORIES,
    }
    for name, documents in collections.items():
        put_documents(unknown, documents, name)
    (report,) = unknown.discover()

    assert not report.left_out
    assert {load.state for load in unknown.load()} == {"loaded"}
    with psycopg.connect(unknown.url, options="-c timezone=UTC") as connection:
        set_json_loads(lambda text: json.loads(text, parse_float=Decimal, parse_int=Decimal), connection)
        for name, documents in collections.items():
            hold(connection, unknown.table(f"shop.{name}"), list(map(json.dumps, documents)))
    films, listings, repos = (unknown.types(f"shop.{name}") for name in ("films", "listings", "repos"))
    assert films == {
        "oid__id": "text", "_doc": "jsonb", "_id": "text", "title": "text", "year": "text", "cast": "jsonb",
        "released": "timestamptz", "awards_wins": "bigint", "awards_text": "text", "imdb_rating": "text",
        "imdb_votes": "bigint", "tomatoes_viewer_rating": "numeric", "tomatoes_viewer_meter": "bigint",
    }  # fmt: skip
    assert listings | {
        "price": "numeric", "weekly_price": "numeric", "bedrooms": "bigint", "bathrooms": "double precision",
        "host_host_is_superhost": "boolean", "address_location_coordinates": "jsonb",
        "last_scraped": "timestamptz",
    } == listings  # fmt: skip
    assert (repos["id"], repos["created_at"], repos["size"], repos["license_key"]) == (
        "bigint", "timestamptz", "numeric", "text",
    )  # fmt: skip
    (reviews,) = unknown.table("shop.listings").children
    assert [child.name for child in reviews.children] == ["tags"]
    assert [column.type for column in reviews.columns] == ["text", "timestamptz", "text"]


def test_comments_say_how_often_and_of_which_kinds(unknown: Unknown) -> None:
    """Optional fields, mixed types, arrays and children are explained with their counts."""
    put_documents(unknown, FILMS)
    unknown.discover()
    lines = [" ".join(line.split()) for line in unknown.text().splitlines()]

    assert "year: {type: text, path: _doc.year} # in 2 of 3 documents; a number in 1, a text in 1" in lines
    assert "cast: {type: jsonb, path: _doc.cast} # in 2 of 3 documents; arrays of at most 2 elements" in lines
    assert "comments: # 1 element in 2 documents, at most 1 in one" in lines
    assert "_doc: jsonb # the whole document; blanks and the order of keys are not kept" in lines
    assert "# key: [oid__id] is unique in all files" in lines


def test_table_mode_json_lines_and_parquet_are_opened_too(unknown: Unknown) -> None:
    """Arrays of DMS's table mode, nested values of JSON lines, JSON in Parquet: all are opened."""
    films: list[list[str | None]] = [
        ["oid__id", "awards.wins", "array_cast"],
        ["a", "3", '[{"name": "Ann", "age": 33}, null]'],
        ["b", None, None],
    ]
    unknown.put(write_csv(films), f"shop/films/{CHANGES}")
    lines = b'{"id": 1, "user": {"name": "Ann", "id": 7}, "n": 1}\n{"id": 2, "user": {"id": 8}, "n": 2}\n'
    unknown.put(lines, "shop/lines/20180906-101530123.jsonl")
    table = pa.table({"id": [1, 2], "n": [1, 2], "doc": ['{"a": {"b": true}}', None]})
    unknown.put(parquet_of(table), "shop/parquet/20180906-101530123.parquet")
    unknown.discover()

    assert {load.state for load in unknown.load()} == {"loaded"}
    (cast,) = unknown.table("shop.films").children
    assert (cast.name, cast.path, [column.name for column in cast.columns]) == (
        "cast",
        ("array_cast",),
        ["name", "age"],
    )
    assert unknown.rows("shop.lines") == [
        (1, {"id": 7, "name": "Ann"}, 1, "Ann", 7), (2, {"id": 8}, 2, None, 8),
    ]  # fmt: skip
    assert list(unknown.types("shop.lines")) == ["id", "user", "n", "user_name", "user_id"]
    assert [row[3] for row in unknown.rows("shop.parquet")] == [True, None]


def test_broken_documents_go_to_quarantine_and_nothing_else(unknown: Unknown) -> None:
    """Documents that are cut off or no JSON decide nothing; what stands around them is opened."""
    broken = ['{"a": 1, "b": "x', '{"a": tru}', r'{"a": "\ud800"}', '{"a": 1e200000}']
    put_documents(unknown, [part for text in broken for part in ('{"a": 1, "b": "x"}', text)])
    types = unknown.describe("1,2\n", f"shop/other/{CHANGES}")

    assert types == {"oid__id": "text", "_doc": "jsonb", "a": "bigint", "b": "text"}
    assert "1 document for quarantine: cut off; 2 documents for quarantine: broken JSON" in unknown.text()
    unknown.load()
    assert [row[2:] for row in unknown.rows()] == [(1, "x")] * 4
    with psycopg.connect(unknown.url) as connection:
        found = connection.execute("SELECT record FROM lake_assets.quarantine ORDER BY record").fetchall()
    assert found == [(2,), (4,), (6,), (8,)]


def test_cells_that_are_no_documents_close_none(unknown: Unknown) -> None:
    """Among objects, cells that do not begin as one are counted, go to quarantine, and are told once."""
    broken = ["", "not yet", '// c\n{"a": 1}', '"half', "5", "[1]", '[{"a": 1}]', "NULL"]
    put_documents(unknown, [part for text in broken for part in ('{"a": 1}', text)] + ["null", ' {"a": 2}'])
    unknown.discover()
    (again,) = unknown.discover()

    assert unknown.types() == {"oid__id": "text", "_doc": "jsonb", "a": "bigint"}
    for said in (
        "4 documents for quarantine: broken JSON; 1 document for quarantine: cut off",
        "1 document for quarantine: no object; 2 documents for quarantine: an array",
    ):
        assert said in unknown.text()
    assert "in 9 of" not in unknown.text()
    assert (again.drift, again.changed) == ("", [])
    unknown.load()
    assert [row[2] for row in unknown.rows()] == [1] * len(broken) + [None, 2]
    with psycopg.connect(unknown.url) as connection:
        found = connection.execute("SELECT record FROM lake_assets.quarantine ORDER BY record").fetchall()
    assert found == [(2 * number,) for number in range(1, len(broken) + 1)]


def test_a_text_among_json_leaves_any_other_column_text(unknown: Unknown) -> None:
    """What is no JSON closes a column that is not MongoDB's, and all of its records load."""
    rows = [["id", "note"], *([str(number), '{"a": 1}' if number else "later"] for number in range(9))]

    assert unknown.describe(write_csv(rows)) == {"id": "bigint", "note": "text"}
    assert {load.state for load in unknown.load()} == {"loaded"}


def test_broken_documents_are_no_drift(unknown: Unknown) -> None:
    """A catalog that leaves broken documents to quarantine still describes the lake when asked again."""
    put_documents(unknown, ['{"a": 1, "b": "x"}', '{"a": 1, "b": "x'])
    unknown.discover()
    (report,) = unknown.discover()

    assert not report.needs_attention
    assert report.notes == []
    assert report.drift == ""


@pytest.mark.parametrize("lossy", [r'{"a": "x\u0000"}', '{"a": "x", "a": "y"}', '{"a": "x", "b": -0.0}'])
def test_documents_that_jsonb_would_change_are_kept_to_the_byte(unknown: Unknown, lossy: str) -> None:
    """Where jsonb would lose something of one document, the column is text beside those of the paths."""
    put_documents(unknown, ['{"a": "x"}', lossy])
    unknown.discover()

    assert unknown.types()["_doc"] == "text"
    assert unknown.types()["a"] == "text"
    assert "kept to the byte: 1 document would not come back from jsonb as it was" in unknown.text()
    assert {load.state for load in unknown.load()} == {"loaded"}
    assert [row[1] for row in unknown.rows()] == ['{"a": "x"}', lossy]


def test_numbers_that_are_none_make_a_double(unknown: Unknown) -> None:
    """Bare NaN and Infinity, as libbson writes them, are numbers among numbers."""
    put_documents(unknown, ['{"a": NaN}', '{"a": -inf}', '{"a": 1.5}'])
    unknown.discover()

    assert unknown.types() == {"oid__id": "text", "_doc": "text", "a": "double precision"}
    assert {load.state for load in unknown.load()} == {"loaded"}
    assert [str(row[2]) for row in unknown.rows()] == ["nan", "-inf", "1.5"]


def test_names_that_would_be_alike_are_told_apart_and_explained(unknown: Unknown) -> None:
    """Keys that make one name get numbers, and the comment says whose the plain name is."""
    put_documents(
        unknown, [{"a": {"b": 1}, "a.b": 2, "a b": 3, "_doc": 4, "": 5, "_lake_hour": 6, "é": 7, "null": 8}]
    )
    unknown.discover()
    unknown.load()

    assert list(unknown.types()) == [
        "oid__id", "_doc", "a_b", "a_b_2", "a_b_3", "_doc_2", "value", "column_lake_hour", "é", "null",
    ]  # fmt: skip
    assert unknown.rows()[0][2:] == (1, 2, 3, 4, 5, 6, 7, 8)
    assert 'a_b_2: {type: bigint, path: [_doc, "a.b"]}  # a_b is a.b' in unknown.text()
    assert "_doc_2: {type: bigint, path: _doc._doc}  # _doc is the file's column _doc" in unknown.text()


def nested(depth: int) -> Any:
    """Give objects inside each other."""
    return {"k": nested(depth - 1)} if depth else 1


def test_what_is_too_deep_or_too_wide_stays_one_column(unknown: Unknown) -> None:
    """Depth, width, keys that are data, many children: each limit leaves jsonb, and is told."""
    documents = [
        {
            "deep": nested(9),
            "wide": {f"k{number}": 1 for number in range(301)},
            "ids": {str(number): 1 for number in range(20)},
            "data": {f"user{document * 7 + number}": 1 for number in range(7)},
            "lists": [[1], [2]],
            "long": list(range(101)),
            **{f"c{number}": [{"v": 1}] for number in range(22)},
        }
        for document in range(20)
    ]
    put_documents(unknown, documents)
    unknown.discover()
    assert {load.state for load in unknown.load()} == {"loaded"}
    types, text = unknown.types(), unknown.text()

    for name in ("deep_k_k_k_k_k", "wide", "ids", "data", "lists", "c20"):
        assert types[name] == "jsonb", name
    for reason in (
        "more than 6 keys deep",
        "more than 300 keys",
        "its 20 keys are numbers or identifiers",
        "140 keys, few of them in each document",
        "arrays of at most 2 elements",
        "more than 20 child tables",
    ):
        assert reason in text
    children = {child.name: child for child in unknown.table().children}
    assert len(children) == 20
    assert [column.type for column in children["long"].columns] == ["bigint"]


def test_arrays_deep_inside_each_other_stay_one_column(unknown: Unknown) -> None:
    """A child table's child has children too, and theirs are jsonb."""
    put_documents(unknown, [{"in": [{"in": [{"in": [{"in": [{"v": 1}]}]}]}]}])
    unknown.discover()

    assert {load.state for load in unknown.load()} == {"loaded"}
    names = [name for name, _, _ in unknown.table().all_children]
    assert names == ["orders__in", "orders__in__in", "orders__in__in__in"]
    assert "# arrays of at most 1: more than 3 arrays inside each other" in unknown.text()


@pytest.mark.parametrize("wrapper", [{"$oid": OID}, {"$date": 5}])
def test_documents_that_are_wrappers_stay_whole(unknown: Unknown, wrapper: Any) -> None:
    """Where a document is itself a value of BSON, no path leads into the column, and all of it loads."""
    put_documents(unknown, [wrapper, {"a": {"b": 1}}])
    unknown.discover()

    assert unknown.types() == {"oid__id": "text", "_doc": "jsonb"}
    assert {load.state for load in unknown.load()} == {"loaded"}


def test_a_child_table_takes_no_name_of_another(unknown: Unknown) -> None:
    """Where a folder has the name a child table would have, the child gets another."""
    put_documents(unknown, [{"parts": [{"sku": "x"}]}])
    put_documents(unknown, [{"a": 1}], "orders__parts")
    unknown.discover()

    assert [child.name for child in unknown.table().children] == ["parts_2"]
    assert {load.state for load in unknown.load()} == {"loaded"}


def test_documents_without_a_header_are_opened(unknown: Unknown) -> None:
    """DMS's document mode without a header gives the same columns, below the place of the document."""
    unknown.put(write_csv([["a1", '{"a": {"b": 1}}'], ["a2", '{"a": {"b": 2}}']]))
    unknown.discover()
    unknown.load()

    assert unknown.types() == {"column_1": "text", "column_2": "jsonb", "a_b": "bigint"}
    assert [row[2] for row in unknown.rows()] == [1, 2]


def test_memory_has_a_limit() -> None:
    """However many keys the documents have, no more than so many paths are watched."""
    documents = Documents()
    cells = [json.dumps({f"k{key}": dict.fromkeys(map(str, range(90))) for key in range(60)})]
    list(documents.absorb(cells))

    assert documents.places <= MOST_PLACES
    assert documents.root.size() == documents.places


def test_texts_in_braces_are_no_documents(unknown: Unknown) -> None:
    """Where a cell is no JSON and not cut off, the column stays text and all of its records load."""
    rows = [
        ["id", "note"],
        *([str(number), "{}" if number % 2 else "{name} is here"] for number in range(30)),
    ]

    assert unknown.describe(write_csv(rows)) == {"id": "bigint", "note": "text"}
    assert {load.state for load in unknown.load()} == {"loaded"}


def test_new_paths_are_told_and_nothing_is_written(unknown: Unknown) -> None:
    """A path, an array, an element's key that the catalog does not name, a type that fails: all are told."""
    put_documents(unknown, [{"a": {"b": 1}, "k": 1, "parts": [{"sku": "x"}], "old": {"x": 1}}])
    unknown.discover()
    before = unknown.text()
    later = {"a": {"b": 2, "c": "new"}, "k": "many", "parts": [{"sku": "y", "qty": 2}], "tags": [{"t": 1}]}
    put_documents(unknown, [later], file=LATER)
    (report,) = unknown.discover()

    assert unknown.text() == before
    added = [line[1:].strip() for line in report.drift.splitlines() if line.startswith("+")]
    assert "a_c: {type: text, path: _doc.a.c}" in added
    assert "k: {type: text, path: _doc.k}" in added
    assert [" ".join(line.split()) for line in added[-4:]] == [
        "tags: # 1 element in 1 document, at most 1 in one", "path: _doc.tags", "columns:", "t: bigint",
    ]  # fmt: skip
    assert report.changed == ["shop.orders__parts does not name qty of its elements (bigint)"]
    assert unknown.discover()[0].drift == report.drift


def test_new_columns_stand_before_new_child_tables(unknown: Unknown) -> None:
    """The diff of a table without child tables gives it columns first, then `children:`."""
    put_documents(unknown, [{"a": 1}])
    unknown.discover()
    put_documents(unknown, [{"b": 1, "tags": [{"t": 1}]}], file=LATER)
    (report,) = unknown.discover()

    added = [line[1:].split("#")[0].strip() for line in report.drift.splitlines() if line.startswith("+")]
    assert added[1:] == [
        "b: {type: bigint, path: _doc.b}", "children:", "tags:", "path: _doc.tags", "columns:", "t: bigint",
    ]  # fmt: skip


def test_a_document_that_is_only_kept_is_left_alone(unknown: Unknown) -> None:
    """Who keeps documents whole, and looks into none, is told nothing of their paths."""
    put_documents(unknown, [{"a": 1}])
    unknown.folder.mkdir()
    catalog = (
        "source: shop\nstart: 2018-09-06T10\ntables:\n  orders:\n    columns: {oid__id: text, _doc: jsonb}\n"
    )
    (unknown.folder / "shop.yaml").write_text(catalog)
    (report,) = unknown.discover()

    assert (report.drift, report.changed) == ("", [])
