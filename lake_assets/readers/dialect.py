"""How one file is to be read: what the catalog says of it, and what was seen in the file itself.

Seen in the file are compression, header, a leading `Op` column, which cell belongs to which column, and an
encoding that its first bytes give away (`readers.detect`). Delimiter, quoting and NULL are never guessed from
data: a wrong guess would be believed for years.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

OP = "op"
OP_LETTERS = {"full": frozenset("I"), "cdc": frozenset("IUD")}  # DMS guide, "Using Amazon S3 as a target"


@dataclass(frozen=True)
class Dialect:
    """How one file is to be read.

    Attributes:
        delimiter: the byte between cells.
        quoting: `rfc4180` or `none`.
        null: an unquoted cell of this text is NULL.
        encoding: of the text, by its name in Python.
        compression: `gzip`, `zstd`, `bz2`, `xz` or `none`.
        header: whether the first record names the columns.
        op: whether each record begins with an `Op` cell.
        columns: the file's columns in file order, without `Op`; every record has a cell for each.
        nul: what becomes of a NUL byte: `replace`, `strip` or `quarantine`.
        format: `csv`, `jsonl` or `parquet`; of the last two, what is said of cells is how they reach COPY.
        keys: in JSON lines, the key of each cell, as the file spells it; `Op`'s first.
        missing: file columns that the catalog names and this file has not.
        extra: columns of this file that the catalog does not name.
        reasons: what was decided by looking at the file, and why.
        is_declared: the catalog said whether there is a header.
        is_doubtful: its first record is taken for data, and nothing in it tells that it is no header.
        has_names: that doubtful record has names of columns among its cells.
        first: the cells of a first record that is taken for data; not kept, for they may be anybody's.
        blank_lines: how many blank lines stand between its records; known when it has been read.
    """

    delimiter: str
    quoting: str
    null: str
    encoding: str
    compression: str
    header: bool
    op: bool
    columns: tuple[str, ...]
    nul: str = "replace"
    format: str = "csv"
    keys: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    blank_lines: int = 0
    is_declared: bool = False
    is_doubtful: bool = False
    has_names: bool = False
    first: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def cells(self) -> int:
        """The number of cells of a good record."""
        return len(self.columns) + self.op

    def proved_by(self, proof: str | None) -> Self:
        """Return the same with a note of what proves the file's bytes (`lake.proof.Proof`).

        Args:
            proof: None where they have not all been read.
        """
        if proof is None:
            return self
        return replace(self, reasons={**self.reasons, "bytes": proof})

    def with_blank_lines(self, count: int) -> Self:
        """Return the same with the number of blank lines that are no records."""
        return replace(self, blank_lines=count)

    def as_json(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        kept = asdict(self)
        del kept["first"]
        for name, value in kept.items():
            if isinstance(value, tuple):
                kept[name] = list(value)
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read back what the ledger kept."""
        values = dict(kept)
        for name, value in kept.items():
            if isinstance(value, list):
                values[name] = tuple(value)
        return cls(**values)
