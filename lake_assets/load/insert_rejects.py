"""Records that main itself refuses, or a child table, found one by one and set aside.

A check that somebody gave the table, an index that cannot hold a value, a row too big for a page: only the
INSERT shows them. Records that cannot even be staged belong to `load.staging.copy_rejects`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lake_assets.load.main_rows import StagedRows
from lake_assets.load.staging.copy_rejects import CopyRejects
from lake_assets.load.staging.savepoints import Stretch, bisect, savepoint
from lake_assets.load.staging.staging import Staging
from lake_assets.load.tally import FileTally
from lake_assets.readers.blocks import BadRecord


@dataclass(frozen=True)
class InsertRejects:
    """Finds the records whose rows main or a child table refuses, whatever the reason.

    Attributes:
        staging: the staging.
        rows: the rows on their way into main.
        make_way: takes out of main what the rows replace, for they must not be refused because of it.
    """

    staging: Staging
    rows: StagedRows
    make_way: Callable[[], None]

    def set_aside(self, tallies: Sequence[FileTally]) -> list[FileTally]:
        """Take the refused records out of staging, and set them aside.

        Args:
            tallies: the files, in the order of their ordinals.

        Returns:
            The same files, with these records counted as set aside.

        Raises:
            LakeError: an object changed or vanished since it was read.
            LoadError: there are too many of them.
        """
        self.staging.index()
        self.rows.source.index()
        refused = self._find(tallies)
        rejects = CopyRejects(self.staging)
        counts: dict[int, int] = {}
        for tally in tallies:
            ordinal = tally.copied.ordinal
            counts[ordinal] = len(refused[ordinal])
            if refused[ordinal]:
                rejects.take_out(tally.copied, refused[ordinal])
        dropped = self.rows.source.drop_rejected([tally.copied for tally in tallies], counts)
        without = []
        for tally in tallies:
            ordinal = tally.copied.ordinal
            without.append(tally.without(records=counts[ordinal], rows=dropped[ordinal]))
        return without

    def _find(self, tallies: Sequence[FileTally]) -> dict[int, dict[int, BadRecord]]:
        """Return the refused records, by the file's ordinal, then by their numbers; main stays as it is."""
        connection = self.rows.main.connection
        # The files have no ids yet; that of a row is of no matter here.
        ordinals = [tally.copied.ordinal for tally in tallies]

        def insert(part: Stretch) -> None:
            with savepoint(connection):
                self.rows.insert(ordinals, part.within)
                self.rows.child_rows.try_insert(ordinals, part.within)

        refused: dict[int, dict[int, BadRecord]] = {ordinal: {} for ordinal in ordinals}
        whole = [Stretch(tally.copied.ordinal, 1, tally.copied.records) for tally in tallies]
        with connection.transaction(force_rollback=True):
            self.make_way()
            for stretch, why in bisect(whole, insert):
                refused[stretch.ordinal][stretch.first] = why.bad_record(stretch.first)
        return refused
