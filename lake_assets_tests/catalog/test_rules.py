"""What must fit together: each rule refuses what breaks it, at its place, and nothing else."""

import pytest

from lake_assets.catalog.rules import catalog_faults, source_faults
from lake_assets.catalog.yaml_text import read_yaml

PLACES = [
    ("merge without a key", "t: {load: merge, columns: {id: text}}", "t.load"),
    ("a key that is no column", "t: {key: [idd], columns: {id: text}}", "t.key.0"),
    ("a key that names a column twice", "t: {key: [id, id], columns: {id: text}}", "t.key.1"),
    ("an order by what is no column", "t: {order_by: [id, at], columns: {id: text}}", "t.order_by.1"),
    ("one file column read twice", "t: {columns: {a: text, b: {type: text, from: a}}}", "t.columns.b"),
    (
        "two columns at one position",
        "t: {columns: {a: {type: text, position: 2}, b: {type: text, position: 2}}}",
        "t.columns.b.position",
    ),
    (
        "one document at two positions",
        "t: {columns: {a: {type: text, path: d.a, position: 1}, b: {type: text, path: d.b, position: 2}}}",
        "t.columns.b.position",
    ),
    ("a path beside a from", "t: {columns: {a: {type: text, path: d.a, from: d}}}", "t.columns.a.from"),
    ("a path that leads into nothing", "t: {columns: {a: {type: text, path: d}}}", "t.columns.a.path"),
    (
        "a child's path beside a from",
        "t: {columns: {a: text}, children: {c: {path: d, columns: {x: {type: text, path: y, from: z}}}}}",
        "t.children.c.columns.x.from",
    ),
    (
        "a child with too long a name",
        f"t: {{columns: {{a: text}}, children: {{{'c' * 61}: {{path: d, columns: {{x: text}}}}}}}}",
        f"t.children.{'c' * 61}",
    ),
    (
        "a column of a child named like the table's key",
        "t: {key: [a], columns: {a: text}, children: {c: {path: d, columns: {a: text}}}}",
        "t.children.c.columns.a",
    ),
    (
        "a child of a child whose column has two sources",
        "t: {children: {c: {path: d, children: {e: {path: f, columns: {y: {path: [], from: z}}}}}}}",
        "t.children.c.children.e.columns.y.from",
    ),
    ("one folder read twice", "{t: {columns: {a: text}}, u: {from: t, columns: {a: text}}}", "u.from"),
    ("a folder inside another", "{t: {columns: {a: text}}, u: {from: t/u, columns: {a: text}}}", "u.from"),
]


@pytest.mark.parametrize(
    ("own", "place"),
    [
        ('{delimiter: "N"}', "delimiter"),
        ('{"null": "a;b"}', "null"),
        ('{delimiter: ",", "null": "NULL"}', ""),
    ],
)
def test_null_goes_with_the_delimiter_of_a_table(own: str, place: str) -> None:
    """A text of NULL that holds the delimiter is a fault, though one is the table's and one the source's."""
    text = f'files: {{delimiter: ";", "null": "NULL"}}\ntables: {{t: {{files: {own}, columns: {{a: text}}}}}}'
    faults = list(source_faults(read_yaml(text.encode()).data))

    assert [fault.place for fault in faults] == ([("tables", "t", "files", place)] if place else [])


@pytest.mark.parametrize(("tables", "place"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES])
def test_each_rule_speaks_at_its_place(tables: str, place: str) -> None:
    """A document that breaks one rule has one fault, with a remedy, at the place to change."""
    faults = list(source_faults({"source": "shop", "tables": read_yaml(tables.encode()).data}))

    assert [".".join(map(str, fault.place[1:])) for fault in faults] == [place]
    assert faults[0].remedy


@pytest.mark.parametrize(
    "tables",
    [
        "t: {load: merge, key: [id], order_by: [at], columns: {id: text, at: text}}",
        "t: {columns: {a: {type: text, path: d.a}, b: {type: text, path: d.b}, d: jsonb}}",
        "t: {columns: {a: {type: text, path: d.a, position: 2}, d: {type: jsonb, position: 2}}}",
        "t: {columns: {note: {type: text, position: 1}, again: {type: text, position: 2}}}",
        "{a: {columns: {x: text}}, ab: {columns: {x: text}}, c: {from: b/c, columns: {x: text}}}",
    ],
)
def test_what_fits_together_has_no_fault(tables: str) -> None:
    """The rules leave what is sound alone."""
    assert list(source_faults({"source": "shop", "tables": read_yaml(tables.encode()).data})) == []


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {"source": 5},
        {"source": "s", "schema": 5, "tables": {"t": None}},
        {"source": "s", "tables": {"t": {"columns": [1], "key": "id", "order_by": [[1]], "children": 3}}},
        {"source": "s", "tables": {"t": {"from": 3, "load": [], "columns": {"a": None, "b": {"path": [1]}}}}},
        {
            "source": "s",
            "tables": {"t": {"columns": {"a": {"path": {}, "position": "1"}}, "children": {"c": 1}}},
        },
    ],
)
def test_rules_pass_over_what_has_not_the_shape_they_need(data: object) -> None:
    """A document of the wrong shape breaks no rule; its shape is told by itself."""
    assert list(source_faults(data)) == []
    assert list(catalog_faults([("s.yaml", data)])) == []


@pytest.mark.parametrize("name", ["lake_assets", "pg_shop", "information_schema"])
def test_a_source_named_like_a_reserved_schema_needs_a_schema(name: str) -> None:
    """The ledger's schema and PostgreSQL's own are no place for a source's tables."""
    assert [fault.place for fault in source_faults({"source": name})] == [("source",)]
    assert list(source_faults({"source": name, "schema": "shop"})) == []


def clashes(*documents: str) -> list[tuple[int, str]]:
    """Return the document and place of each fault between documents."""
    read = [(f"{number}.yaml", read_yaml(text.encode()).data) for number, text in enumerate(documents)]
    return [(index, ".".join(map(str, fault.place))) for index, fault in catalog_faults(read)]


def test_two_sources_of_one_name_are_a_fault_of_the_second() -> None:
    """A source has one file."""
    assert clashes("{source: s, tables: {t: {}}}", "{source: s, tables: {t: {}}}") == [(1, "source")]


def test_two_sources_must_not_write_one_warehouse_table() -> None:
    """Sources may share a schema, but no table in it."""
    shared = "{source: a, schema: x, tables: {t: {}, u: {}}}"

    assert clashes(shared, "{source: x, tables: {t: {}, v: {}}}") == [(1, "tables.t")]
    assert clashes(shared, "{source: b, schema: y, tables: {t: {}}}") == []


def test_a_child_must_not_write_the_table_of_another() -> None:
    """The warehouse table of a child is named after both, and so may be another's."""
    assert clashes("{source: s, tables: {a: {children: {b: {}}}, a__b: {}}}") == [(0, "tables.a__b")]
    nested = "{source: s, tables: {a: {children: {b: {children: {c: {}}}}}, a__b__c: {}}}"
    assert clashes(nested) == [(0, "tables.a__b__c")]


def test_two_tables_must_not_have_one_name_in_dagster() -> None:
    """Dagster joins the parts of an asset key with two underscores, and refuses the same name twice."""
    assert clashes("{source: a, tables: {b__c: {}}}", "{source: a__b, tables: {c: {}}}") == [(1, "tables.c")]
