"""What to do when the server does not leave out a record but ends the whole statement.

A row too big for a page, JSON nested too deep for the server's stack, a type whose reader knows no soft
errors: one such record must not cost the others. So what it was in is tried again in parts, until it stands
alone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import psycopg
from psycopg import sql

from lake_assets.exceptions import LoadError

LONGEST = 1000  # characters of a message, which may repeat a value of any length
MOST = 1000  # records found one by one; more are no accident, and each costs some milliseconds

# Classes of SQLSTATE (manual, "PostgreSQL Error Codes") that a value or a row can cause by itself.
_OF_RECORDS = ("0A", "22", "38", "39", "54", "P0")
# Of other classes; uniqueness is not among them, for which record it refuses depends on the order of loads.
_CODES_OF_RECORDS = {"23502", "23514", "XX000"}

Stretch = tuple[int, int, int]  # a file's ordinal, and the first and last number of records in a row
T = TypeVar("T")


@dataclass(frozen=True)
class Refusal:
    """Why a record cannot be loaded although its bytes and values can be read.

    Attributes:
        reason: for a person; the server's message where it was the server that refused.
        sqlstate: the server's code.
        column_name: the column of main at fault, where it is one.
        value: what stands there.
    """

    reason: str
    sqlstate: str | None = None
    column_name: str | None = None
    value: str | None = None


def attempt(connection: psycopg.Connection, act: Callable[[], T]) -> T | Refusal:
    """Do something that one record may spoil; if it does, it is undone.

    Args:
        connection: a session in a transaction.
        act: what is done.

    Raises:
        psycopg.Error: it failed for a cause that is no record's.
    """
    try:
        with connection.transaction():
            return act()
    except psycopg.Error as error:
        code = error.sqlstate or ""
        if not (code.startswith(_OF_RECORDS) or code in _CODES_OF_RECORDS):
            raise
        return Refusal((error.diag.message_primary or str(error))[:LONGEST], error.sqlstate)


def halve(
    stretches: Iterable[Stretch], act: Callable[[Stretch], T | Refusal]
) -> Iterator[tuple[Stretch, T | Refusal]]:
    """Do something with ever smaller stretches of records, until the refused ones stand alone.

    Args:
        stretches: all records together.
        act: what is done with a stretch.

    Yields:
        Stretches with what was made of them; a refused one is one record.

    Raises:
        LoadError: more than `MOST` records are refused.
    """
    left, refused = list(stretches), 0
    while left:
        ordinal, first, last = left.pop()
        made = act((ordinal, first, last))
        if isinstance(made, Refusal) and first < last:
            middle = (first + last) // 2
            left += [(ordinal, middle + 1, last), (ordinal, first, middle)]
            continue
        if isinstance(made, Refusal):
            refused += 1
            refuse_many(refused, made)
        yield (ordinal, first, last), made


def refuse_many(found: int, refusal: Refusal) -> None:
    """Give up when too many records are refused one by one.

    Raises:
        LoadError: there are more than `MOST`.
    """
    if found > MOST:
        raise LoadError(
            f"The warehouse refused more than {MOST} records with an error that ends the statement, the last "
            f"with: {refusal.reason} (SQLSTATE {refusal.sqlstate}). Look at the table's columns and their "
            "types; a table of hundreds of columns holds rows of some 8000 bytes."
        )


def within(stretch: Stretch) -> sql.Composed:
    """Give the condition that is true of a stretch's records in staging."""
    ordinal, first, last = map(sql.Literal, stretch)
    return sql.SQL("_lake_file = {} AND _lake_record BETWEEN {} AND {}").format(ordinal, first, last)
