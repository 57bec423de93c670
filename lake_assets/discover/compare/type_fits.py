"""Whether a type of the catalog holds what the lake has, as far as that can be told without PostgreSQL.

A type is judged by what PostgreSQL takes for it, which is more than what `infer` would choose it for. Which
columns of a table it is asked for is told in `column_drift` and `document_drift`.
"""

import re

from lake_assets.discover.cells.cell_classes import (
    BIT,
    FIGURES,
    NUMBER_CLASSES,
    ODD,
    ORDERED_DATES,
    ORDERED_MOMENTS,
    TRUTH_CLASSES,
)
from lake_assets.discover.cells.json_cells import survives_as_jsonb
from lake_assets.load.staging.documents import JSON_TYPES

WHOLE_TYPES = frozenset({"smallint", "int2", "integer", "int", "int4", "bigint", "int8"})
NUMBER_TYPES = frozenset({"numeric", "decimal", "real", "float4", "double precision", "float8", "float"})
TIME_TYPES = frozenset(
    {"date", "timestamp", "timestamptz", "timestamp without time zone", "timestamp with time zone"}
)
_HOLDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(WHOLE_TYPES, frozenset({BIT, "whole", FIGURES})),
    **dict.fromkeys(NUMBER_TYPES, NUMBER_CLASSES | {FIGURES}),
    **dict.fromkeys(("boolean", "bool"), TRUTH_CLASSES | {"whole"}),
    **dict.fromkeys(TIME_TYPES, frozenset({"date", "moment", "instant", *ORDERED_DATES, *ORDERED_MOMENTS})),
    "time": frozenset({"clock"}),
    "interval": frozenset({"clock", "span"}),
    "uuid": frozenset({"uuid"}),
    **dict.fromkeys(JSON_TYPES, frozenset({"json"})),
}
_LENIENT = re.compile(
    r"\s*(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|[+-]?inf(?:inity)?|yes|no|on|off|true|false"
    r"|\{?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?)\s*",
    re.IGNORECASE,
)
_NO_DATE = re.compile(r"0000-.*|[0-9]{4}-00-.*|[0-9]{4}-[0-9]{2}-00.*", re.DOTALL)
_MODIFIERS = re.compile(r"\s*\([^)]*\)")


def base_of(declared: str) -> str:
    """Return a type in lower case, without modifiers."""
    return _MODIFIERS.sub("", " ".join(declared.lower().split()))


def can_be_judged(base: str) -> bool:
    """Return whether anything is known here of a type, given without modifiers."""
    return base in _HOLDS


def may_hold(base: str, kind: str, value: str) -> bool:
    """Return whether a type may hold a cell, also one that `discover` itself would keep as text.

    Args:
        base: the type, without modifiers; one that can be judged.
        kind: the cell's class.
        value: the cell.
    """
    if kind in _HOLDS[base]:
        return True
    if base in JSON_TYPES:
        return survives_as_jsonb(value) or kind in {BIT, "whole", "decimal", "word"}
    if kind in {FIGURES, *ORDERED_DATES, *ORDERED_MOMENTS}:
        return not _NO_DATE.fullmatch(value)
    return kind in ODD and _LENIENT.fullmatch(value) is not None
