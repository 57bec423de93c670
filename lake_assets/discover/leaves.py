"""The type of a column that is made of what lies at one path, and why it has it.

A type is chosen only if the loader gives it every value as it is (docs/documents.md). Which paths become
columns is `open`'s business.
"""

from lake_assets.discover.classes import TEXT
from lake_assets.discover.tree import ARRAY, OBJECT, STRING, Node
from lake_assets.discover.why import shown
from lake_assets.discover.wrappers import NUMBERS
from lake_assets.pluralize import pluralize

JSONB = "jsonb"
_SAYINGS = {
    OBJECT: "an object",
    ARRAY: "an array",
    STRING: "a text",
    "boolean": "a truth value",
    "$oid": "an ObjectId",
    "$date": "a date",
    "$timestamp": "a timestamp",
    "$binary": "binary data",
    "$uuid": "a UUID",
    "$regex": "a regular expression",
    "$regularExpression": "a regular expression",
    **dict.fromkeys(NUMBERS, "a number"),
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
    """Tell whether objects or arrays stand here beside other values, so that only `jsonb` holds all."""
    trees = node.kinds.keys() & {OBJECT, ARRAY}
    return bool(trees) and len(node.kinds) > 1


def leaf_type(node: Node) -> str:
    """Give the narrowest type that the loader can give every value that lies here."""
    kinds = node.kinds.keys()
    if kinds & {OBJECT, ARRAY}:
        return JSONB
    if not kinds:
        return TEXT
    if kinds <= NUMBERS:
        return _number_type(node)
    if kinds == {"boolean"}:
        return "boolean"
    return _wrapped_type(node)


def _wrapped_type(node: Node) -> str:
    """Give the type of texts, and of times and binary data beside them."""
    of_texts = _OF_TEXTS.get(next(iter(node.texts), ""), TEXT) if len(node.texts) == 1 else TEXT
    wrapped = node.kinds.keys() - {STRING}
    if not wrapped:
        return of_texts
    for kinds, declared in (({"$date"}, "timestamptz"), ({"$uuid", "$binary"}, "uuid")):
        if wrapped <= kinds and not node.unfit and (STRING not in node.kinds or of_texts == declared):
            return declared
    return "bytea" if node.kinds.keys() <= {"$uuid", "$binary"} else TEXT


def _number_type(node: Node) -> str:
    classes = node.numbers.keys()
    if "odd" in classes:
        return TEXT
    if classes == {"whole"}:
        return "bigint"
    if classes <= {"whole", "unsigned"}:
        return "numeric(20,0)"
    if node.doubles and "$numberDouble" in node.kinds and node.kinds.keys() <= _DOUBLE:
        return "double precision"
    return TEXT if "double" in classes else "numeric"


_DOUBLE = frozenset({"$numberDouble", "number", "$numberInt", "$numberLong"})


def why_leaf(node: Node, total: int, whole: str) -> str:
    """Say why a column has its type.

    Args:
        node: what lies at its path.
        total: how many documents there are.
        whole: what a document is called.
    """
    if not node.count:
        return "null wherever it stands"
    said = [] if node.count == total else [f"in {node.count:,} of {pluralize(total, whole)}"]
    if mix := _mix(node):
        said.append(mix)
    return "; ".join([*said, *_odd(node)])


def _mix(node: Node) -> str:
    kinds: dict[str, int] = {}
    for kind, count in node.kinds.items():
        name = _SAYINGS.get(kind, kind)
        kinds[name] = kinds.get(name, 0) + count
    return ", ".join(f"{name} in {count:,}" for name, count in kinds.items()) if len(kinds) > 1 else ""


def _odd(node: Node) -> list[str]:
    """Say what keeps texts, dates and numbers from a type of their own."""
    if node.kinds.keys() == {STRING} and len(node.texts) > 1 and node.texts.keys() & _OF_TEXTS.keys():
        first, second = list(node.texts.values())[:2]
        return [f"{shown(first)} and {shown(second)}"]
    if node.unfit and "$date" in node.kinds:
        return [f"{pluralize(node.unfit, 'date')} beyond what timestamptz holds"]
    if "odd" in node.numbers:
        return [f"{shown(node.numbers['odd'])} is no number that PostgreSQL gives back"]
    return []
