"""Count a file's records a second time, with nothing of the loader but its description of the file.

Transcoding and the record rule (docs/bad-input.md) stand here once more, on purpose and in other code: a
count by the code that loads proves nothing. Unpacking is `recount.unpacker`'s; Parquet files are counted in
`recount.parquet_footer`.
Comparing counts belongs to those who call.
"""

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from lake_assets.exceptions import LakeError
from lake_assets.recount.first_record import HeaderTerms
from lake_assets.recount.parquet_footer import FooterCount
from lake_assets.recount.unpacker import Unpacker

if TYPE_CHECKING:
    from lake_assets.readers.dialect import Dialect

MAX_RECORD = 128 * 2**20  # the rule's limit, said again
BATCH = 2**20  # bytes gathered before they are counted
GROWTH = 8


def recount(chunks: Iterable[bytes], dialect: "Dialect", terms: HeaderTerms | None = None) -> int:
    """Count the records in the raw bytes of an object, the header not counted.

    Args:
        chunks: the bytes, cut anywhere.
        dialect: how the loader read them.
        terms: what the first record is judged by; None where the loader's word on a header is taken.

    Raises:
        LakeError: the bytes cannot be unpacked or decoded, hold no line end where one is due, or a first
            record of which nobody knows what it is.
    """
    counter = Recount(dialect, terms)
    for chunk in chunks:
        counter.feed(chunk)
    return counter.finish()


def _count_nothing(_: int) -> None:
    """Let there be as many bytes as there are."""


class Recount:
    """Counts while somebody else reads: it is fed with the same raw bytes.

    Args:
        dialect: how the loader reads them.
        terms: what the first record is judged by; None where the loader's word on a header is taken.
        max_record: bytes a record may have, its line end included.
        batch: bytes gathered before they are counted.
        unpacked: is told how many bytes were unpacked, piece by piece; it may refuse more.

    Attributes:
        blank_lines: how many lines are no records: nothing stands in them, and the file has several columns.
    """

    def __init__(
        self,
        dialect: "Dialect",
        terms: HeaderTerms | None = None,
        *,
        max_record: int = MAX_RECORD,
        batch: int = BATCH,
        unpacked: Callable[[int], None] = _count_nothing,
    ) -> None:
        self._dialect = dialect
        self._terms = terms if dialect.format == "csv" else None
        self._text = _Text(dialect)
        self._unpacked = unpacked
        self._footer = FooterCount() if dialect.format == "parquet" else None
        self._lines = _Lines(dialect, max_record, batch)
        self._header = dialect.header and dialect.format == "csv"
        self._batch = batch
        self._enough = batch
        self._pieces: list[bytes] = []
        self._gathered = 0
        self._records = 0
        self.blank_lines = 0

    def feed(self, raw_chunk: bytes) -> None:
        """Take the next raw bytes of the object.

        Raises:
            LakeError: they cannot be unpacked or decoded, or hold no line end where one is due.
        """
        for text in self._text.feed(raw_chunk):
            self._unpacked(len(text))
            self._take(text)

    def finish(self) -> int:
        """Return the number of records, the header not counted.

        Raises:
            LakeError: the object is cut short, or its last bytes cannot be read.
        """
        for text in self._text.finish():
            self._take(text)
        if self._footer:
            return self._footer.finish()
        self._count(final=True)
        return max(self._records - self._header, 0)

    def _take(self, text: bytes) -> None:
        if self._footer:
            self._footer.feed(text)
        else:
            self._gather(text)

    def _gather(self, text: bytes) -> None:
        self._pieces.append(text)
        self._gathered += len(text)
        if self._gathered >= self._enough:
            self._count(final=False)

    def _count(self, *, final: bool) -> None:
        text = b"".join(self._pieces)
        self._judge_first(text, final=final)
        at = 0
        size = self._batch
        while at < len(text):
            is_last = at + size >= len(text)
            records, blank, counted = self._lines.count(text[at : at + size], final=final and is_last)
            self._records += records
            self.blank_lines += blank
            at += counted
            if counted:
                size = self._batch
            elif is_last:
                break
            else:
                size *= GROWTH
        self._pieces = [text[at:]]
        self._gathered = len(text) - at
        # An unfinished record is looked at again when it has grown a lot, not with every chunk.
        self._enough = min(GROWTH * self._gathered, self._lines.max_record) + self._batch

    def _judge_first(self, text: bytes, *, final: bool) -> None:
        """Judge the first record, as soon as all of it is there."""
        if self._terms is None or not text:
            return
        record = self._lines.first_record(text, final=final)
        if record:
            self._header = self._terms.is_header(record, self._dialect)
            self._terms = None


class _Text:
    """Turns raw bytes into UTF-8 without a byte order mark."""

    def __init__(self, dialect: "Dialect") -> None:
        self._unpacker = Unpacker(dialect.compression)
        self._encoding = dialect.encoding
        codec = codecs.lookup(dialect.encoding).name
        self._decoder: codecs.IncrementalDecoder | None = None
        if not codec.startswith("utf-8"):
            # What cannot be decoded may become anything here: only the structure is looked at.
            self._decoder = codecs.getincrementaldecoder(codec)("replace")
        self._held: bytes | None = b""  # the very first bytes, while they may be half a mark

    def feed(self, raw: bytes) -> Iterator[bytes]:
        for piece in self._unpacker.feed(raw):
            yield self._without_mark(self._decode(piece))

    def finish(self) -> Iterator[bytes]:
        self._unpacker.finish()
        yield self._without_mark(self._decode(b"", final=True), final=True)

    def _decode(self, piece: bytes, *, final: bool = False) -> bytes:
        if self._decoder is None:
            return piece
        try:
            return self._decoder.decode(piece, final).encode("utf-8", "replace")
        except UnicodeError as error:
            raise LakeError(
                f"The object is not {self._encoding}: {error}. Name its encoding in the catalog."
            ) from error

    def _without_mark(self, text: bytes, *, final: bool = False) -> bytes:
        if self._held is None:
            return text
        self._held += text
        if len(self._held) < len(codecs.BOM_UTF8) and not final:
            return b""
        text = self._held.removeprefix(codecs.BOM_UTF8)
        self._held = None
        return text


class _Lines:
    """The record rule by lines: quoted cells are struck out, or followed from line to line.

    Attributes:
        max_record: bytes a record may have, its line end included.
    """

    def __init__(self, dialect: "Dialect", max_record: int, batch: int) -> None:
        self.max_record = max_record
        self._batch = batch
        self._delimiter = dialect.delimiter.encode()
        # In JSON lines a quote never holds a line end.
        self._has_several_columns = dialect.format == "csv" and dialect.cells > 1
        self._quoted = dialect.quoting == "rfc4180" and dialect.format == "csv"
        # A quoted cell and its quoted neighbours. No repeat holds another that can fail: Python 3.11.0 to
        # 3.11.4 lose their place in such a pattern (CPython issue 106052).
        self._cells = re.compile(
            rb'"(?<![^%(d)b\n]")[^"]*+(?:""[^"]*+)*+"(?:%(d)b"[^"]*+"){0,50}(?=[%(d)b\n]|\r\n|\Z)'
            % {b"d": re.escape(self._delimiter)}
        )

    def count(self, text: bytes, *, final: bool) -> tuple[int, int, int]:
        """Count whole records at the beginning of a text: all, or a batch of them.

        Args:
            text: bytes from the start of a record on.
            final: whether the data ends with it.

        Returns:
            The records, the blank lines among them that are none, and the bytes of both.
        """
        if len(text) <= min(self.max_record, self._batch):
            lines = text if final else text[: text.rfind(b"\n") + 1]
            plain = self._without_quoted_cells(lines)
            if plain is not None:
                is_cut_short = lines[-1:] not in {b"", b"\n"}
                whole = plain.split(b"\n")
                del whole[-1]
                blank = self._count_blank(whole)
                return len(whole) + is_cut_short - blank, blank, len(lines)
        return self._count_one_by_one(text, final=final)

    def first_record(self, text: bytes, *, final: bool) -> bytes:
        """Return the first record of a text, blank lines left aside; nothing if the text does not tell."""
        start = 0
        end = self._end(text, start, final=final)
        while self._is_blank(text[start:end]):
            start = end
            end = self._end(text, start, final=final)
        return text[start:end]

    def _is_blank(self, line: bytes) -> bool:
        """Return whether a whole line is no record; in a file of one column it is."""
        return self._has_several_columns and line in {b"\n", b"\r\n"}

    def _count_blank(self, lines: list[bytes]) -> int:
        """Return how many whole lines hold nothing; in a file of one column each of them is a record."""
        if not self._has_several_columns:
            return 0
        return lines.count(b"") + lines.count(b"\r")

    def _without_quoted_cells(self, lines: bytes) -> bytes | None:
        """Strike out the quoted cells; None if a quote is left, which is then out of place."""
        if not self._quoted or b'"' not in lines:
            return lines
        plain = self._cells.sub(b"x", lines)  # in its place, for a line with an empty cell is not blank
        return None if b'"' in plain else plain

    def _count_one_by_one(self, text: bytes, *, final: bool) -> tuple[int, int, int]:
        records = blank = 0
        start = 0
        stop = min(len(text), self._batch)
        while start < stop:
            end = self._end(text, start, final=final)
            if not end:
                break
            if self._is_blank(text[start:end]):
                blank += 1
            else:
                records += 1
            start = end
        return records, blank, start

    def _end(self, text: bytes, start: int, *, final: bool) -> int:
        """Return the end of the record that starts here, or 0 if the text does not tell."""
        limit = start + self.max_record
        at = start
        inside = False
        line_end = text.find(b"\n", at, limit)
        while line_end >= 0:
            after = self._inside_after(text[at:line_end].removesuffix(b"\r"), inside=inside)
            if after is None:
                return self._first_line(text, start, limit)
            if not after:
                return line_end + 1
            at = _past_open_lines(text, line_end, limit)
            inside = True
            line_end = text.find(b"\n", at, limit)
        if len(text) <= limit:
            if not final:
                return 0
            if self._inside_after(text[at:], inside=inside) is False:
                return len(text)
        return self._first_line(text, start, limit)

    def _inside_after(self, line: bytes, *, inside: bool) -> bool | None:
        """Return whether a quoted cell is open after this line, None if a quote is out of place."""
        if not self._quoted or b'"' not in line:
            return inside
        after: bool | None = inside
        for piece in _pieces(line, self._delimiter):
            after = _inside_after_piece(piece, inside=bool(after))
            if after is None:
                return None
        return after

    def _first_line(self, text: bytes, start: int, limit: int) -> int:
        line_end = text.find(b"\n", start, limit)
        if line_end < 0 and len(text) > limit:
            raise LakeError(f"There is no line end within {self.max_record} bytes. Look at the object.")
        return line_end + 1 or len(text)


def _past_open_lines(text: bytes, line_end: int, limit: int) -> int:
    """Return where the line with the next quote begins: those before it are part of the open cell."""
    quote = text.find(b'"', line_end, limit)
    if quote < 0:
        quote = limit
    return text.rfind(b"\n", line_end, quote) + 1


def _inside_after_piece(piece: bytes, *, inside: bool) -> bool | None:
    """Return whether a quoted cell is open after this piece of a line, None if a quote is out of place."""
    if inside:
        cell = piece
    elif piece.startswith(b'"'):
        cell = piece[1:]
    else:
        return None if b'"' in piece else False
    single = cell.replace(b'""', b"")
    quote = single.find(b'"')
    if quote < 0:
        return True
    is_last = quote + 1 == len(single)
    return False if is_last else None


def _pieces(line: bytes, delimiter: bytes) -> Iterator[bytes]:
    """Split a line; one after the other, for a hostile line has millions."""
    at = 0
    while (end := line.find(delimiter, at)) >= 0:
        yield line[at:end]
        at = end + 1
    yield line[at:]
