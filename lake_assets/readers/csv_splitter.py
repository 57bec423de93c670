"""Cut a stream of UTF-8 into whole records, by the record rule (docs/bad-input.md).

The loader's half of the rule is `readers.csv_scanner` in bulk and `readers.csv_walker` step by step;
`recount` has it once more, in other code. What a record holds is not looked at here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lake_assets.readers.csv_scanner import Slab, scan_window
from lake_assets.readers.csv_walker import walk_window

MAX_RECORD = 128 * 2**20  # so that a quote nobody closes cannot make us hold a whole file
WINDOW = 2**18  # measured: a window and what is made of it stay in the processor's cache
GROWTH = 8  # of a window too small for its record; all looks at the record together cost little more than one


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes; tests make them small.

    Attributes:
        max_record: the longest record, its line end included.
        window: how much is looked at together.
    """

    max_record: int = MAX_RECORD
    window: int = WINDOW


LIMITS = Limits()


def split_records(
    chunks: Iterable[bytes], delimiter: str, quoting: str, limits: Limits = LIMITS
) -> Iterator[Slab]:
    """Cut chunks into slabs of whole records, which together are all the bytes there were.

    Args:
        chunks: UTF-8, cut anywhere.
        delimiter: the byte between cells.
        quoting: `rfc4180` or `none`.
        limits: how much memory may be used.

    Raises:
        LakeError: `limits.max_record` bytes without a line end.
    """
    source = iter(chunks)
    held = b""
    at = 0
    size = limits.window
    while True:
        if len(held) - at <= size:
            held = _gather(held[at:], source, size)
            at = 0
        window = held[at : at + size]
        final = len(held) - at <= size
        if not window:
            return
        slab = _whole_records(
            window, delimiter.encode(), quoted=quoting == "rfc4180", final=final, limits=limits
        )
        if len(slab):
            yield slab
            at += len(slab.data)
            size = limits.window
        else:
            size = min(GROWTH * size, limits.max_record + 1)


def _gather(held: bytes, source: Iterator[bytes], size: int) -> bytes:
    """Take chunks until there are more than `size` bytes, or no more chunks."""
    pieces = [held]
    total = len(held)
    while total <= size:
        chunk = next(source, None)
        if chunk is None:
            break
        pieces.append(chunk)
        total += len(chunk)
    return b"".join(pieces)


def _whole_records(window: bytes, delimiter: bytes, *, quoted: bool, final: bool, limits: Limits) -> Slab:
    slab = None
    if len(window) <= min(limits.window, limits.max_record):
        slab = scan_window(window, delimiter[0], quoted=quoted, final=final)
    if slab is None:
        slab = walk_window(
            window,
            delimiter,
            quoted=quoted,
            final=final,
            max_record=limits.max_record,
            enough=limits.window,
        )
    return slab
