"""Facts: what can be known of a table-hour, as data. The ledger keeps them; nobody parses a sentence.

A fact is a code and its details, which are JSON. Which facts make which state belongs to `decide`, what
people read of them to `sentences`; whoever finds a fact makes it with `Fact.of`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

FactCode = Literal[
    # The lake beside the ledger.
    "no_file",
    "file_removed",
    "file_not_loaded",
    "file_changed",
    "newer_snapshot_gone",
    "waived_files_changed",
    # Main and quarantine beside the ledger.
    "rows_differ",
    "quarantine_differs",
    "unknown_rows",
    "child_not_loaded",
    "child_rows_differ",
    "unknown_child_rows",
    # A new count of the files' bytes beside the ledger.
    "recount_differs",
    "not_recounted",
    "elements_differ",
    "too_deep_to_count",
    # What a load met and went on with.
    "columns_missing",
    "column_renamed",
    "columns_added",
    "schema_changed",
    "nul_bytes",
    "json_nuls",
    "json_not_finite",
    "lossy_cells",
    "superseded_by",
    "snapshot_gone",
    # What ended a load.
    "load_failed",
    "counts_differ",
    "too_many_quarantined",
    "nothing_loadable",
    "nothing_loadable_named",
    "mode_unsupported",
    "had_failed",
    # What AWS DMS and the neighbours say of an hour without a file.
    "suspended",
    "task_not_running",
    "task_stopped",
    "table_not_replicated",
    "no_change_counted",
    "nothing_moved",
    "all_applied",
    "silent_for_long",
    "neighbour_delivered",
    "neighbours_delivered",
    "same_hour_before",
    # What people and the monitor decided.
    "waived",
    "changes_too_often",
    # What a ledger of before facts had noted.
    "noted",
    # More facts of the same kind than are kept.
    "more",
    # What ended a load, once more: all its records are changes that the table does not take.
    "only_changes",
    # Files that vanished from the lake, and what becomes of their rows.
    "file_vanished",
    "source_vanished",
    "followed",
    "file_moved",
    "beyond_retention",
    "cannot_be_recounted",
    # Main's columns and values beside what was loaded.
    "columns_gone",
    "columns_not_loaded",
    "values_differ",
    "values_not_compared",
    "columns_not_compared",
    "columns_were_gone",
    "table_gone",
]

CODES: tuple[FactCode, ...] = get_args(FactCode)

FAILURES: frozenset[FactCode] = frozenset(
    {
        "load_failed",
        "counts_differ",
        "too_many_quarantined",
        "nothing_loadable",
        "nothing_loadable_named",
        "mode_unsupported",
        "only_changes",
    }
)
"""Why a load changed nothing."""

STOPPED: frozenset[FactCode] = frozenset(
    {"suspended", "task_not_running", "task_stopped", "table_not_replicated"}
)
"""Why DMS does not replicate a table at all, so that its word on an hour proves nothing."""

PROOFS: frozenset[FactCode] = frozenset({"no_change_counted", "nothing_moved", "all_applied"})
"""How DMS itself proves that there was nothing to write."""

HELD: frozenset[FactCode] = frozenset({"file_vanished", "source_vanished"})
"""What no load mends and a person decides: rows stay in main whose files have vanished from the lake."""

LASTING: frozenset[FactCode] = frozenset({"followed"})
"""What people decided, which stays with the hour whatever becomes of it."""

TESTIMONY: frozenset[FactCode] = (
    STOPPED
    | PROOFS
    | {"silent_for_long", "neighbour_delivered", "neighbours_delivered", "same_hour_before", "noted"}
)
"""What is known around an hour without a file; only the monitor gathers it, and others leave it as it is."""


DEEP: frozenset[FactCode] = frozenset(
    {
        "recount_differs",
        "not_recounted",
        "elements_differ",
        "values_differ",
        "values_not_compared",
    }
)
"""What only a look at the files' bytes finds, so that only another one can tell that it is over."""


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a table-hour.

    Attributes:
        code: what it is.
        details: its figures and names, as JSON holds them.
    """

    code: FactCode
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, code: FactCode, **details: Any) -> Self:
        """Return the fact with these details; moments are texts (`hours.format_hour`, `isoformat`)."""
        return cls(code=code, details=details)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the fact that the ledger has kept."""
        details = {name: value for name, value in kept.items() if name != "code"}
        return cls(code=kept["code"], details=details)

    def as_json(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        return {"code": self.code, **self.details}


Facts = tuple[Fact, ...]

MOST_KEPT = 1_000
"""Facts of one table-hour that the ledger keeps; a prefix that went takes ten thousands of files along."""


def bounded(facts: Facts) -> Facts:
    """Return facts as the ledger keeps them: of very many the first, and how many more there were."""
    if len(facts) <= MOST_KEPT:
        return facts
    left_out = len(facts) - MOST_KEPT
    return (*facts[:MOST_KEPT], Fact.of("more", count=left_out))


def with_codes(facts: Iterable[Fact], codes: frozenset[FactCode]) -> Facts:
    """Return those of some facts whose codes are given, in their order."""
    return tuple(fact for fact in facts if fact.code in codes)


def without_codes(facts: Iterable[Fact], codes: frozenset[FactCode]) -> Facts:
    """Return those of some facts whose codes are not given, in their order."""
    return tuple(fact for fact in facts if fact.code not in codes)
