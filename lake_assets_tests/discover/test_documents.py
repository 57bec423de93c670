"""Proves that discover opens documents: paths, types and child tables that load what was shown."""

import json
from collections.abc import Sequence
from typing import Any

from lake_assets_tests.discover.cells import write_csv
from lake_assets_tests.discover.conftest import CHANGES, Unknown


def put_documents(unknown: Unknown, documents: Sequence[Any], header: Sequence[str] = ("oid__id", "_doc")) -> None:
    rows = [[f"{number:024x}", text if isinstance(text, str) else json.dumps(text)] for number, text in enumerate(documents)]
    unknown.put(write_csv([list(header), *rows]), f"shop/orders/{CHANGES}")


def test_films(unknown: Unknown) -> None:
    docs = [
        {"_id": {"$oid": "573a1390f29313caabcd4135"}, "title": "Blacksmith Scene", "year": 1893, "runtime": 1,
         "cast": ["Charles Kayser", "John Ott"], "released": {"$date": -2418768000000}, "awards": {"wins": 1, "text": "1 win."},
         "imdb": {"rating": 6.2, "votes": 1189, "id": 5}, "tomatoes": {"viewer": {"rating": 3.0}, "lastUpdated": {"$date": 1435516449000}}},
        {"_id": {"$oid": "573a1390f29313caabcd42e8"}, "title": "The Great Train Robbery", "year": "1903è", "runtime": 11,
         "cast": ["A.C. Abadie"], "released": {"$date": -2085523200000}, "awards": {"wins": 1, "text": "1 win."},
         "imdb": {"rating": "", "votes": 9847, "id": 439},
         "comments": [{"by": "x", "at": {"$date": 1}, "a.b": 1, "a_b": 2, "likes": [{"who": 1}, None]}, {"by": None}]},
    ]
    put_documents(unknown, docs)
    print(unknown.discover())
    print(unknown.text())
    print([ (r.state, r.note, r.error) for r in unknown.load()])
    for r in unknown.rows(): print(r)
    assert 0
