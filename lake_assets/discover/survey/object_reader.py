"""The lake's objects as discovery reads them: their beginnings more than once, and kept while they are few.

What is in them is the business of the other modules.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LakeError
from lake_assets.lake.object_stream import CHUNK_BYTES
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.readers.detect import decide_by_names, decide_csv, format_of
from lake_assets.readers.dialect import Dialect

HEADS_BYTES = 64 * 2**20  # of memory for the beginnings that are kept
AHEAD = 8  # requests at once; what a small file costs is waiting


class ObjectReader:
    """Reads objects of a lake.

    Attributes:
        lake: where they are.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._heads: dict[str, bytes] = {}
        self._room = HEADS_BYTES

    def read_ahead(self, targets: Iterable[LakeObject]) -> None:
        """Get the beginnings of small objects, many at once; an error is met again when one is read."""
        wanted = self._fitting(targets)
        with ThreadPoolExecutor(AHEAD) as pool:
            heads = pool.map(self._read_or_none, wanted)
            for item, head in zip(wanted, heads, strict=True):
                if head is not None:
                    self._keep(item, head)

    def _fitting(self, targets: Iterable[LakeObject]) -> list[LakeObject]:
        """Return the small objects that there is room for, the first of them."""
        fitting = []
        total = 0
        for item in targets:
            if item.size > CHUNK_BYTES or item.key in self._heads:
                continue
            total += item.size
            if total <= self._room:
                fitting.append(item)
        return fitting

    def _read_or_none(self, target: LakeObject) -> bytes | None:
        try:
            return b"".join(self.lake.open(target))
        except LakeError:
            return None

    def head(self, target: LakeObject) -> bytes:
        """Return an object's first chunk, as the loader will judge it.

        Raises:
            LakeError: the object cannot be read.
        """
        if target.key in self._heads:
            return self._heads[target.key]
        chunks = self.lake.open(target)
        head = next(chunks, b"")
        chunks.close()  # type: ignore[attr-defined] # a generator
        return self._keep(target, head)

    def chunks(self, target: LakeObject) -> Iterator[bytes]:
        """Stream an object.

        Raises:
            LakeError: the object cannot be read.
        """
        head = self._heads.get(target.key)
        if head is not None and len(head) == target.size:
            yield head
            return
        chunks = self.lake.open(target)
        yield self._keep(target, next(chunks, b""))
        yield from chunks

    def dialect(self, target: LakeObject, table: Table) -> Dialect:
        """Return how the loader will read an object.

        Raises:
            LakeError: the object cannot be read.
        """
        head = self.head(target)
        file_format, reason = format_of(target.key, head, table.files)
        if file_format == "csv":
            return decide_csv(head, table, target.kind)
        chunks = self.chunks(target)
        start = next(chunks, b"")
        dialect, _ = decide_by_names(start, chunks, table, file_format, reason)
        return dialect

    def _keep(self, target: LakeObject, head: bytes) -> bytes:
        """Keep an object's beginning if there is room; return it."""
        if self._room >= len(head) and target.key not in self._heads:
            self._heads[target.key] = head
            self._room -= len(head)
        return head
