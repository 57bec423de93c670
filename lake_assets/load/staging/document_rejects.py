"""Records whose documents hold another value or shape than the catalog declares, found and explained.

They are looked for only when an INSERT has met one, or when values leave staging in another way. How a value
is judged belongs to `load.staging.document_expressions`, records that cannot even be staged to
`load.staging.copy_rejects`.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Self

from psycopg import sql

from lake_assets.exceptions import LakeError, LoadError
from lake_assets.load.staging.cast_losses import LossCode, is_day_or_month_first, sentence
from lake_assets.load.staging.document_expressions import INDEX, Leaf, nothing
from lake_assets.load.staging.documents import opened_staging
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement
from lake_assets.readers.blocks import BadRecord, Record

BATCH = 500
NO_INDEX = sql.SQL("ARRAY[]::bigint[]")
DATA_EXCEPTION = "22000"
_FOUND: dict[str | None, str] = {
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
        loss: what its type would lose of it, NULL for nothing.
    """

    name: str
    type: str
    title: str
    fits: sql.Composable
    found: sql.Composable
    value: sql.Composable
    given: sql.Composable
    loss: sql.Composable = field(default_factory=nothing)

    @classmethod
    def of(cls, leaf: Leaf) -> Self:
        """Judge what lies at a place inside a document."""
        return cls(
            name=leaf.name,
            type=leaf.type,
            title=leaf.title,
            fits=leaf.fits,
            found=sql.SQL("jsonb_typeof({})").format(leaf.node),
            value=sql.SQL("{} #>> '{{}}'").format(leaf.node),
            given=leaf.given,
            loss=leaf.loss if leaf.loses else nothing(),
        )

    def as_row(self, number: int) -> sql.Composed:
        """Return the judgement as a row of `find_document_rejects`, under a number of the place."""
        lost = self.loss
        if lost != nothing():
            lost = sql.SQL("CASE WHEN NOT {} THEN {} END").format(self.fits, lost)
        return sql.SQL(
            "({place}, {fits}, {found}, {value}, CASE WHEN NOT {fits} THEN {given} END, {type}, {lost})"
        ).format(
            place=sql.Literal(number),
            fits=self.fits,
            found=self.found,
            value=self.value,
            given=self.given,
            type=sql.Literal(self.type),
            lost=lost,
        )


class Fault(NamedTuple):
    """What is wrong with a record, as `read_document_rejects` names it.

    Attributes:
        record: its number in its file.
        place: the number of the place at fault.
        indexes: of the elements that the place lies in, outermost first.
        found: the JSON type of what lies there.
        value: what is shown of it.
        message: what PostgreSQL says of it, where it was asked.
        sqlstate: PostgreSQL's code.
        loss: what the type would lose of it, where that is what is wrong.
    """

    record: int
    place: int
    indexes: Sequence[int]
    found: str | None
    value: str | None
    message: str | None
    sqlstate: str | None
    loss: LossCode | None = None


@dataclass(frozen=True)
class DocumentRejects:
    """Finds what does not fit in a staging table that holds all files of a load.

    Attributes:
        staging: the staging.
        places: the places that were judged; faults name them by their number.
    """

    staging: Staging
    places: list[Place] = field(default_factory=list)

    def set_aside(self, copied: Sequence[CopiedFile]) -> list[int]:
        """Take the records that do not fit out of staging, and set them aside with path, value and reason.

        Args:
            copied: the files, in the order of their ordinals.

        Returns:
            For each file, how many records did not fit.

        Raises:
            LakeError: an object changed or vanished since it was read.
        """
        plan = self.staging.plan
        self._create()
        if plan.leaves:
            nodes = [leaf.to_judge for leaf in plan.leaves]
            source = opened_staging(plan.documents, nodes)
            self._find([Place.of(leaf) for leaf in plan.leaves], source, NO_INDEX)
        for child in self.staging.children:
            self._find([Place.of(child.array)], child.parents(), child.outer_indexes)
            elements = child.elements(soft=True)
            self._find([Place.of(leaf) for leaf in child.leaves], elements, child.indexes)
        return self._settle(copied)

    def set_aside_of(
        self, source: sql.Composable, judged: Sequence[Place], copied: Sequence[CopiedFile]
    ) -> list[int]:
        """Do the same for values that have left staging already.

        Args:
            source: what they are selected from.
            judged: the values.
            copied: the files, in the order of their ordinals.

        Returns:
            For each file, how many records did not fit.

        Raises:
            LoadError: a row of no record does not fit.
        """
        self._create()
        self._find(judged, source, NO_INDEX)
        row = self.staging.connection.execute(statement(__package__, "explain_orphan")).fetchone()
        if row is not None:
            number, message = row
            place = self.places[number]
            raise LoadError(
                f"{place.title}: column {place.name!r} of a row that belongs to no record: {message}. Rows "
                "keep their record where they keep the index of the DataFrame."
            )
        return self._settle(copied)

    def _create(self) -> None:
        self.staging.connection.execute(statement(__package__, "create_document_rejects"))

    def _settle(self, copied: Sequence[CopiedFile]) -> list[int]:
        counts = [self._explain(file) for file in copied]
        if any(counts):
            self.staging.connection.execute(statement(__package__, "take_out_document_rejects"))
            self.staging.connection.execute(statement(__package__, "clear_document_rejects"))
        return counts

    def _find(self, judged: Sequence[Place], source: sql.Composable, indexes: sql.Composable) -> None:
        """Judge values, and write down the records whose values do not fit.

        Args:
            judged: the values.
            source: what they are selected from.
            indexes: those of the element that they lie in, as an array.
        """
        if not judged:
            return
        rows = [place.as_row(number) for number, place in enumerate(judged, len(self.places))]
        self.places.extend(judged)
        find = statement(
            __package__,
            "find_document_rejects",
            source=source,
            leaves=sql.SQL(", ").join(rows),
            indexes=indexes,
        )
        self.staging.connection.execute(find)

    def _explain(self, file: CopiedFile) -> int:
        """Set the records of a file aside that do not fit; return how many they are."""
        ordinal = {"ordinal": file.ordinal}
        rows = self.staging.connection.execute(statement(__package__, "number_document_rejects"), ordinal)
        numbers = array("q", (number for (number,) in rows))
        if not numbers:
            return 0
        records = self.staging.read_again(file, numbers)
        with self.staging.connection.cursor(name="lake_assets_read_document_rejects") as cursor:
            cursor.execute(statement(__package__, "read_document_rejects"), ordinal)
            faults = (Fault(*row) for row in cursor)
            while batch := list(islice(records, BATCH)):
                # All before the first is set aside, for meanwhile the session is in a COPY.
                of_batch = list(islice(faults, len(batch)))
                rejects = [
                    bad_record_of(file.key, self.places, record, fault)
                    for record, fault in zip(batch, of_batch, strict=True)
                ]
                self.staging.reject(file.key, rejects)
        return len(numbers)


def bad_record_of(key: str, places: Sequence[Place], record: Record, fault: Fault) -> BadRecord:
    """Return a record with what is wrong with it.

    Args:
        key: the file's key.
        places: the places that were judged.
        record: the record as it stands in the file.
        fault: what was found.

    Raises:
        LakeError: the file gave another record than the one that was judged.
    """
    if fault.record != record.number:
        raise LakeError(
            f"{key} gave record {record.number} where {fault.record} was wanted. Load the hour again."
        )
    place = places[fault.place]
    title = _fill_in(place.title, fault.indexes)
    reason = f"{title} {_FOUND.get(fault.found, fault.found)}, where {place.type} is declared"
    if fault.message:
        reason = f"{fault.message}, at {title}"
    loss = "order" if is_day_or_month_first(fault.value, fault.sqlstate) else fault.loss
    if loss is not None:
        reason = sentence(loss, title, place.type, fault.value)
    return BadRecord(
        number=record.number,
        raw=record.raw,
        reason=reason,
        sqlstate=fault.sqlstate or DATA_EXCEPTION,
        column_name=place.name,
        value=fault.value,
    )


def _fill_in(title: str, indexes: Sequence[int]) -> str:
    """Write the indexes of the elements that a place lies in."""
    for index in indexes:
        title = title.replace(INDEX, str(index), 1)
    return title
