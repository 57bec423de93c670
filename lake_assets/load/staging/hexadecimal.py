r"""Binary data as a cell holds it: pairs of hexadecimal digits, bare as DMS writes it or after `\x` or `0x`.

The one rule of what such a cell may be, for Python and for PostgreSQL. What a file of Parquet writes for its
binary values is `readers.parquet_values`'; binary data inside documents in base64 belongs to
`ledger/sql/install_documents.sql`.
"""

import re

from psycopg import sql

# Python and PostgreSQL read these regular expressions alike.
_PREFIX = r"[\\0]x"
_PAIRS = "([0-9A-Fa-f]{2})*"
_WHOLE_CELL = f"({_PREFIX})?{_PAIRS}"

_BEGINS = sql.Literal(f"^{_PREFIX}")
_HOLDS = sql.Literal(f"^{_WHOLE_CELL}$")


def is_hexadecimal(cell: str) -> bool:
    """Return whether a cell is binary data, an empty one included."""
    return re.fullmatch(_WHOLE_CELL, cell) is not None


def hexadecimal_condition(cell: sql.Composable) -> sql.Composed:
    """Return the condition under which `hexadecimal_value` gives no error; NULL of a NULL.

    Args:
        cell: the expression of the cell, a text.
    """
    return sql.SQL("({}) ~ {}").format(cell, _HOLDS)


def hexadecimal_value(cell: sql.Composable) -> sql.Composed:
    """Return the expression of the bytes that a cell is.

    Args:
        cell: the expression of the cell, a text.
    """
    return sql.SQL("decode(regexp_replace({}, {}, ''), 'hex')").format(cell, _BEGINS)
