"""Records whose documents hold another value or shape than the catalog declares, found and explained.

They are looked for only when an INSERT has met one, or when values leave staging in another way. How a value
is judged belongs to `load.staging.document_expressions`, records that cannot even be staged to
`load.staging.copy_rejects`.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, starmap
from typing import Any, Self

import psycopg
from psycopg import sql

from lake_assets.exceptions import LakeError, LoadError
from lake_assets.lake.s3 import Lake
from lake_assets.load.staging.columns import StagingPlan
from lake_assets.load.staging.document_expressions import INDEX, Leaf
from lake_assets.load.staging.documents import opened_staging
from lake_assets.load.staging.file_copy import StagedFile
from lake_assets.load.staging.rejects import Reject, set_aside
from lake_assets.load.staging.staged_children import StagedChild
from lake_assets.postgres import statement
from lake_assets.readers.blocks import Record
from lake_assets.readers.records import read_records

BATCH = 500
NO_INDEX = sql.SQL("ARRAY[]::bigint[]")
DATA_EXCEPTION = "22000"
_FOUND = {
    None: "lies below a value that is no object or array with such a key",
    "object": "is an object",
    "array": "is an array",
    "string": "is a text",
    "number": "is a number",
    "boolean": "is true or false",
}


@dataclass(frozen=True)
class Place:
    """A value that is judged before it goes into main.

    Attributes:
        name: the column.
        type: its type, as the catalog writes it.
        title: where the value lies, for a person; INDEX stands for that of an element.
        fits: the condition under which it can become one of its column.
        found: the JSON type of what lies there.
        value: what is shown of it.
        given: the text that PostgreSQL is asked about, NULL where the shape is already wrong.
    """

    name: str
    type: str
    title: str
    fits: sql.Composable
    found: sql.Composable
    value: sql.Composable
    given: sql.Composable

    @classmethod
    def of(cls, leaf: Leaf) -> Self:
        """Judge what lies at a place inside a document."""
        return cls(
            leaf.name,
            leaf.type,
            leaf.title,
            fits=leaf.fits,
            found=sql.SQL("jsonb_typeof({})").format(leaf.node),
            value=sql.SQL("{} #>> '{{}}'").format(leaf.node),
            given=leaf.given,
        )


@dataclass(frozen=True)
class DocumentRejects:
    """Finds what does not fit in a staging table that holds all files of a load.

    Attributes:
        connection: the session that holds the staging table.
        lake: where the files lie; those with misfits are read once more.
        plan: the staging table's columns.
        children: the child tables.
    """

    connection: psycopg.Connection
    lake: Lake
    plan: StagingPlan
    children: Sequence[StagedChild] = ()

    def take_out(self, staged: Sequence[StagedFile]) -> list[int]:
        """Take the records that do not fit out of staging, and set them aside with path, value and reason.

        Args:
            staged: the files, in the order of their ordinals.

        Returns:
            For each file, how many records did not fit.

        Raises:
            LakeError: an object changed or vanished since it was read.
        """
        self.connection.execute(statement(__package__, "create_misfits"))
        places: list[Place] = []
        if self.plan.leaves:
            nodes = [leaf.to_judge for leaf in self.plan.leaves]
            source = opened_staging(self.plan.documents, nodes)
            self._find(places, map(Place.of, self.plan.leaves), source, NO_INDEX)
        for child in self.children:
            self._find(places, [Place.of(child.array)], child.parents(), child.outer_indexes)
            self._find(places, map(Place.of, child.leaves), child.elements(soft=True), child.indexes)
        return self._settle(staged, places)

    def take_out_of(
        self, source: sql.Composable, judged: Iterable[Place], staged: Sequence[StagedFile]
    ) -> list[int]:
        """Do the same for values that have left staging already.

        Args:
            source: what they are selected from.
            judged: the values.
            staged: the files, in the order of their ordinals.

        Returns:
            For each file, how many records did not fit.

        Raises:
            LoadError: a row of no record does not fit.
        """
        self.connection.execute(statement(__package__, "create_misfits"))
        places: list[Place] = []
        self._find(places, judged, source, NO_INDEX)
        row = self.connection.execute(statement(__package__, "explain_orphan")).fetchone()
        if row is not None:
            place = places[row[0]]
            raise LoadError(
                f"{place.title}: column {place.name!r} of a row that belongs to no record: {row[1]}. Rows "
                "keep their record where they keep the index of the DataFrame."
            )
        return self._settle(staged, places)

    def _settle(self, staged: Sequence[StagedFile], places: Sequence[Place]) -> list[int]:
        counts = [self._explain(file, places) for file in staged]
        if any(counts):
            self.connection.execute(statement(__package__, "take_out_misfits"))
            self.connection.execute(statement(__package__, "clear_misfits"))
        return counts

    def _find(
        self, places: list[Place], judged: Iterable[Place], source: sql.Composable, indexes: sql.Composable
    ) -> None:
        """Add those that do not fit to the table of misfits, and the places it speaks of to `places`."""
        first = len(places)
        places += judged
        if len(places) == first:
            return
        rows = [
            sql.SQL(
                "({place}, {fits}, {found}, {value}, CASE WHEN NOT {fits} THEN {given} END, {type})"
            ).format(
                place=sql.Literal(number),
                fits=place.fits,
                found=place.found,
                value=place.value,
                given=place.given,
                type=sql.Literal(place.type),
            )
            for number, place in enumerate(places[first:], first)
        ]
        find = statement(
            __package__, "find_misfits", source=source, leaves=sql.SQL(", ").join(rows), indexes=indexes
        )
        self.connection.execute(find)

    def _explain(self, staged: StagedFile, places: Sequence[Place]) -> int:
        """Set the misfits of a file aside; give how many they are."""
        ordinal = {"ordinal": staged.ordinal}
        rows = self.connection.execute(statement(__package__, "number_misfits"), ordinal)
        numbers = array("q", (number for (number,) in rows))
        if not numbers:
            return 0
        records = read_records(self.lake.open(staged.file), staged.dialect, numbers)
        with self.connection.cursor(name="lake_assets_read_misfits") as cursor:
            cursor.execute(statement(__package__, "read_misfits"), ordinal)
            faults = iter(cursor)
            while batch := list(islice(records, BATCH)):
                of_batch = list(islice(faults, len(batch)))
                rejects = starmap(
                    partial(_reject, staged.file.key, places), zip(batch, of_batch, strict=True)
                )
                set_aside(self.connection, rejects)
        return len(numbers)


def _reject(key: str, places: Sequence[Place], record: Record, row: tuple[Any, ...]) -> Reject:
    number, place, indexes, found, value, message, sqlstate = row
    if number != record.number:
        raise LakeError(f"{key} gave record {record.number} where {number} was wanted. Load the hour again.")
    judged = places[place]
    title = _fill_in(judged.title, indexes)
    reason = (
        f"{message}, at {title}"
        if message
        else f"{title} {_FOUND.get(found, found)}, where {judged.type} is declared"
    )
    return Reject(key, number, record.raw, reason, judged.name, value, sqlstate or DATA_EXCEPTION)


def _fill_in(title: str, indexes: Sequence[int]) -> str:
    """Write the indexes of the elements that a place lies in."""
    for index in indexes:
        title = title.replace(INDEX, str(index), 1)
    return title
