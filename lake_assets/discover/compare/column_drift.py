"""Columns of a table of the catalog, held against its files: types that no longer hold, what came or went.

Nothing is said of types that cannot be judged without PostgreSQL. Columns that are made of documents are
`document_drift`'s business.
"""

from collections.abc import Iterator

from lake_assets.catalog.models import Column, Table
from lake_assets.discover.cells.column_profile import ColumnProfile, TypeRules
from lake_assets.discover.compare.observed import Observed
from lake_assets.discover.compare.type_fits import base_of, can_be_judged, may_hold
from lake_assets.discover.infer.document_shapes import holds_documents
from lake_assets.load.staging.documents import JSON_TYPES


def unfit_columns(
    table: Table, observed: Observed, rules: TypeRules
) -> Iterator[tuple[Column, ColumnProfile]]:
    """Return the columns whose type does not hold for their cells, but for few enough misfits."""
    for column in table.columns:
        profile = observed.columns.get(column.file_column)
        if profile is None or column.path is not None:
            continue
        if not _keeps_documents(column, profile, rules.null) and not _fits(column.type, profile, rules):
            yield column, profile


def _keeps_documents(column: Column, profile: ColumnProfile, null: str) -> bool:
    """Return whether a column keeps documents whole, and none but broken ones, which are for quarantine."""
    if profile.documents is None or profile.documents.lossy:
        return False
    return column.type.strip().lower() in JSON_TYPES and holds_documents(column.file_column, profile, null)


def _fits(declared: str, profile: ColumnProfile, rules: TypeRules) -> bool:
    base = base_of(declared)
    if not can_be_judged(base):
        return True
    unmeant = profile.unmeant(rules.null)
    misfits = unmeant
    for kind, example in profile.examples.items():
        if not may_hold(base, kind, example.value):
            misfits += max(profile.counts[kind], 1)
    are_few = misfits < rules.most_misfits * (profile.cells + unmeant) and not profile.is_text
    return not misfits or are_few


def gone_columns(table: Table, observed: Observed) -> dict[str, str]:
    """Return the columns that the newest file has no more, with the name of the last file that has each."""
    gone = {}
    for column in table.file_columns:
        if column not in observed.newest and column in observed.last_files:
            gone[column] = observed.last_files[column]
    return gone


def new_columns(table: Table, observed: Observed) -> dict[str, ColumnProfile]:
    """Return the columns of the files that the catalog does not name."""
    if table.new_columns == "ignore":
        return {}
    named = set(table.file_columns)
    return {name: profile for name, profile in observed.columns.items() if name not in named}
