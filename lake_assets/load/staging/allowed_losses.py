"""Count what `lossy: allow` lets pass beyond the cells of files: values inside documents, and a transform's.

Cells are counted on their way into staging (`load.staging.losses`).
"""

from collections.abc import Iterator, Mapping, Sequence

import psycopg
from psycopg import sql

from lake_assets.load.staging.document_expressions import INDEX, Leaf
from lake_assets.load.staging.documents import opened_staging
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement
from lake_assets.states.facts import Fact


def document_losses(staging: Staging, copied: Sequence[CopiedFile]) -> Iterator[Fact]:
    """Return what values inside the staged documents lose, where the catalog allows it.

    Args:
        staging: the staging.
        copied: the files, in the order of their ordinals.
    """
    if staging.lossy != "allow":
        return
    plan = staging.plan
    leaves = _losing(plan.leaves)
    if leaves:
        source = opened_staging(plan.documents, [leaf.to_judge for leaf in plan.leaves])
        yield from count_losses(staging.connection, source, _by_name(leaves), copied)
    for child in staging.children:
        leaves = _losing(child.leaves)
        if leaves:
            source = child.elements(soft=True)
            yield from count_losses(staging.connection, source, _by_title(leaves), copied)


def count_losses(
    connection: psycopg.Connection,
    source: sql.Composable,
    losses: Mapping[str, sql.Composable],
    copied: Sequence[CopiedFile],
) -> Iterator[Fact]:
    """Return how many values lose something, as a fact for each file that has some.

    Args:
        connection: the session of the load.
        source: what the values are selected from.
        losses: what is lost of each, by the name that people know it by.
        copied: the files, in the order of their ordinals.
    """
    counts = [sql.SQL("count({})").format(loss) for loss in losses.values()]
    count = statement(__package__, "count_losses", counts=sql.SQL(", ").join(counts), source=source)
    keys = {file.ordinal: file.key for file in copied}
    for ordinal, *found in connection.execute(count):
        columns = {name: number for name, number in zip(losses, found, strict=True) if number}
        if columns:
            yield Fact.of("lossy_cells", key=keys[ordinal], columns=columns)


def _losing(leaves: Sequence[Leaf]) -> list[Leaf]:
    return [leaf for leaf in leaves if leaf.loses]


def _by_name(leaves: Sequence[Leaf]) -> dict[str, sql.Composable]:
    return {leaf.name: leaf.loss for leaf in leaves}


def _by_title(leaves: Sequence[Leaf]) -> dict[str, sql.Composable]:
    return {leaf.title.replace(INDEX, "*"): leaf.loss for leaf in leaves}
