"""The type of a column that is made of what lies at one path, and why it has it.

A type is chosen only if the loader gives it every value as it is (docs/documents.md). Which paths become
columns is told by `document_shapes`.
"""

from collections import Counter

from lake_assets.discover.cells.cell_classes import TEXT
from lake_assets.discover.cells.json_numbers import DOUBLE, NUMBER, NUMBER_KINDS
from lake_assets.discover.cells.json_tree import ARRAY, BOOLEAN, OBJECT, STRING, Node
from lake_assets.discover.cells.printable import shown
from lake_assets.pluralize import pluralize

JSONB = "jsonb"
_BINARY = frozenset({"$uuid", "$binary"})
_FITTING_DOUBLES = frozenset({DOUBLE, NUMBER, "$numberInt", "$numberLong"})
_KIND_NAMES = {
    OBJECT: "an object",
    ARRAY: "an array",
    STRING: "a text",
    BOOLEAN: "a truth value",
    "$oid": "an ObjectId",
    "$date": "a date",
    "$timestamp": "a timestamp",
    "$binary": "binary data",
    "$uuid": "a UUID",
    "$regex": "a regular expression",
    "$regularExpression": "a regular expression",
    **dict.fromkeys(NUMBER_KINDS, "a number"),
}
# JSON has no types of its own for them, so that texts are all there is; other texts are meant to be texts.
_OF_TEXTS = {
    "date": "date",
    "moment": "timestamp",
    "instant": "timestamptz",
    "clock": "time",
    "uuid": "uuid",
}


def is_mixed(node: Node) -> bool:
    """Return whether objects or arrays stand here beside other values, so that only `jsonb` holds all."""
    trees = node.kinds.keys() & {OBJECT, ARRAY}
    return bool(trees) and len(node.kinds) > 1


def path_type(node: Node) -> str:
    """Return the narrowest type that the loader can give every value that lies here."""
    kinds = node.kinds.keys()
    if kinds & {OBJECT, ARRAY}:
        return JSONB
    if not kinds:
        return TEXT
    if kinds <= NUMBER_KINDS:
        return _number_type(node)
    if kinds == {BOOLEAN}:
        return "boolean"
    return _wrapped_type(node)


def _wrapped_type(node: Node) -> str:
    """Return the type of texts, and of times and binary data beside them."""
    of_texts = _type_of_texts(node)
    wrapped = node.kinds.keys() - {STRING}
    if not wrapped:
        return of_texts
    of_wrapped = _type_of_wrapped(wrapped)
    texts_fit = STRING not in node.kinds or of_texts == of_wrapped
    if of_wrapped and not node.unfit and texts_fit:
        return of_wrapped
    if node.kinds.keys() <= _BINARY:
        return "bytea"
    return TEXT


def _type_of_texts(node: Node) -> str:
    if len(node.texts) != 1:
        return TEXT
    (found,) = node.texts
    return _OF_TEXTS.get(found, TEXT)


def _type_of_wrapped(kinds: set[str]) -> str | None:
    """Return the type of dates or UUIDs in wrappers; None for other wrappers."""
    if kinds <= {"$date"}:
        return "timestamptz"
    if kinds <= _BINARY:
        return "uuid"
    return None


def _number_type(node: Node) -> str:
    classes = node.numbers.keys()
    if "odd" in classes:
        return TEXT
    if classes == {"whole"}:
        return "bigint"
    if classes <= {"whole", "unsigned"}:
        return "numeric(20,0)"
    if node.doubles and DOUBLE in node.kinds and node.kinds.keys() <= _FITTING_DOUBLES:
        return "double precision"
    if "double" in classes:
        return TEXT
    return "numeric"


def why_path_type(node: Node, total: int, whole: str) -> str:
    """Return why a column has its type.

    Args:
        node: what lies at its path.
        total: how many documents there are.
        whole: what a document is called.
    """
    if not node.count:
        return "null wherever it stands"
    reasons = []
    if node.count != total:
        reasons.append(f"in {node.count:,} of {pluralize(total, whole)}")
    reasons += [_mixture(node), _what_is_odd(node)]
    return "; ".join(filter(None, reasons))


def _mixture(node: Node) -> str:
    """Return how often values of several kinds stand here; nothing where all are of one."""
    counts: Counter[str] = Counter()
    for kind, count in node.kinds.items():
        counts[_KIND_NAMES.get(kind, kind)] += count
    if len(counts) < 2:  # noqa: PLR2004 - one kind is no mixture
        return ""
    return ", ".join(f"{name} in {count:,}" for name, count in counts.items())


def _what_is_odd(node: Node) -> str:
    """Return what keeps texts, dates and numbers from a type of their own."""
    is_text = node.kinds.keys() == {STRING}
    if is_text and len(node.texts) > 1 and node.texts.keys() & _OF_TEXTS.keys():
        first, second = list(node.texts.values())[:2]
        return f"{shown(first)} and {shown(second)}"
    if node.unfit and "$date" in node.kinds:
        return f"{pluralize(node.unfit, 'date')} beyond what timestamptz holds"
    if "odd" in node.numbers:
        return f"{shown(node.numbers['odd'])} is no number that PostgreSQL gives back"
    return ""
