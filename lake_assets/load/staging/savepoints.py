"""What to do when the server does not leave out a record but ends the whole statement.

A row too big for a page, JSON nested too deep for the server's stack, a type whose reader knows no soft
errors: one such record must not cost the others. So what it was in is tried again in parts, until it stands
alone. Which statements are tried belongs to the modules that run them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import sql

from lake_assets.exceptions import LoadError
from lake_assets.readers.blocks import BadRecord

LONGEST = 1000  # characters of a message, which may repeat a value of any length
MOST_REFUSED = 1000  # records found one by one; more are no accident, and each costs some milliseconds

# Classes of SQLSTATE (manual, "PostgreSQL Error Codes") that a value or a row can cause by itself.
_CLASSES_OF_RECORDS = ("0A", "22", "38", "39", "54", "P0")
# Of other classes; uniqueness is not among them, for which record it refuses depends on the order of loads.
_CODES_OF_RECORDS = {"23502", "23514", "XX000"}


class Refused(Exception):  # noqa: N818 - it is about records, and ends no program
    """The server ended a statement for a cause that a record may be.

    Attributes:
        reason: the server's message, for a person.
        sqlstate: the server's code.
    """

    def __init__(self, reason: str, sqlstate: str | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sqlstate = sqlstate

    def bad_record(self, number: int) -> BadRecord:
        """Return the record of this number as one that is refused for this cause; its bytes are not known."""
        return BadRecord(number=number, raw=b"", reason=self.reason, sqlstate=self.sqlstate)


class Stretch(NamedTuple):
    """Some records in a row.

    Attributes:
        ordinal: the number of their file within the load.
        first: the number of the first record.
        last: the number of the last record.
    """

    ordinal: int
    first: int
    last: int

    @property
    def within(self) -> sql.Composed:
        """The condition that is true of these records in staging."""
        return sql.SQL("_lake_file = {} AND _lake_record BETWEEN {} AND {}").format(
            sql.Literal(self.ordinal), sql.Literal(self.first), sql.Literal(self.last)
        )

    def halves(self) -> tuple["Stretch", "Stretch"]:
        """Return the first and the second half of two records or more."""
        middle = (self.first + self.last) // 2
        return self._replace(last=middle), self._replace(first=middle + 1)


@contextmanager
def savepoint(connection: psycopg.Connection) -> Iterator[None]:
    """Undo the block if one record has spoiled it.

    Args:
        connection: a session in a transaction.

    Raises:
        Refused: a record may have spoiled it.
        psycopg.Error: it failed for a cause that is no record's.
    """
    try:
        with connection.transaction():
            yield
    except psycopg.Error as error:
        if not _can_be_a_records(error.sqlstate or ""):
            raise
        message = error.diag.message_primary or str(error)
        raise Refused(message[:LONGEST], error.sqlstate) from error


def _can_be_a_records(sqlstate: str) -> bool:
    return sqlstate.startswith(_CLASSES_OF_RECORDS) or sqlstate in _CODES_OF_RECORDS


def bisect(stretches: Iterable[Stretch], act: Callable[[Stretch], None]) -> Iterator[tuple[Stretch, Refused]]:
    """Do something with ever smaller stretches of records, until the refused ones stand alone.

    Args:
        stretches: all records together.
        act: what is done with a stretch; if it is refused it must have left no trace.

    Yields:
        Each refused record, as a stretch of one, and why. `act` was done with all others.

    Raises:
        LoadError: more than `MOST_REFUSED` records are refused.
    """
    left = list(stretches)
    found = 0
    while left:
        stretch = left.pop()
        try:
            act(stretch)
        except Refused as refused:
            if stretch.first < stretch.last:
                left += reversed(stretch.halves())
                continue
            found += 1
            limit_refused(found, refused)
            yield stretch, refused


def limit_refused(found: int, refused: Refused) -> None:
    """Give up when too many records are refused one by one.

    Args:
        found: how many there are.
        refused: why the last was.

    Raises:
        LoadError: there are more than `MOST_REFUSED`.
    """
    if found > MOST_REFUSED:
        raise LoadError(
            f"The warehouse refused more than {MOST_REFUSED} records with an error that ends the statement, "
            f"the last with: {refused.reason} (SQLSTATE {refused.sqlstate}). Look at the table's columns and "
            "their types; a table of hundreds of columns holds rows of some 8000 bytes."
        )
