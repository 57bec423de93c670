"""Find the cells that a column's type may not keep as they are, a whole block at once.

A quick look: it passes over cells of the commonest forms, of which nothing can be lost, and names all others.
So it may name a cell too many, and never misses one. What a type really loses of a text is told by
`load.staging.cast_losses`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from lake_assets.readers.blocks import Block
from lake_assets.readers.csv_borders import QUOTE, Codes, Positions
from lake_assets.readers.dialect import Dialect

Kind = Literal["number", "scaled", "moment", "instant", "day", "clock", "span", "padded", "any"]

Words = npt.NDArray[np.uint64]
Truths = npt.NDArray[np.bool_]

WORD = 8  # bytes looked at together
# Stand around a block, so that a word may begin before it, or lie behind a short cell at its end.
BEFORE, BEHIND = bytes(WORD), bytes(8 * WORD)

# In a form `0` stands for any digit, and all else for itself.
_DIGITS = b"0" * WORD
_POINT_AND_DIGITS = b".0000000"
_MICROSECONDS = b"0.000000"
_DAY = b"0000-00-"
_CLOCK = b"00:00:00"
_MIDNIGHT = b"00:00:00"
_UNDERSCORE = b"_"
_NINE, _POINT, _PLUS, _MINUS, _SIX, _BLANK = b"9.+-6 "
_ZERO = ord("0")
_HIGHEST = 9
_DAY_AND_CLOCK = len("2018-09-06 10:15:30")
_ZERO_ZONES = (b"Z", b"+00", b"+00:00")


@dataclass(frozen=True)
class Watched:
    """What is looked for in the cells of a column.

    Attributes:
        kind: the form of cells that lose nothing.
        digits: how many digits may stand behind the point; of `padded` texts, how many bytes fit for sure.
    """

    kind: Kind
    digits: int = 0


class Suspect(NamedTuple):
    """A cell that may lose something.

    Attributes:
        record: its record's place in the block, from 0.
        column: the column of the file.
        text: what it says.
    """

    record: int
    column: str
    text: str


@dataclass(frozen=True)
class _Cells:
    """Cells of columns that are looked at alike.

    Attributes:
        codes: the bytes of the block, `BEFORE` and `BEHIND` it counted.
        words: the eight bytes at each offset of them.
        starts: the offset at which each cell begins, quotes left aside.
        sizes: how many bytes it has.
    """

    codes: Codes
    words: Words
    starts: Positions
    sizes: Positions

    @classmethod
    def of(cls, data: bytes, starts: Positions, ends: Positions) -> Self:
        """Return the cells that lie in a text between these offsets."""
        words: Words = np.ndarray((len(data) - WORD + 1,), "<u8", data, strides=(1,))
        return cls(codes=np.frombuffer(data, np.uint8), words=words, starts=starts, sizes=ends - starts)

    def unquoted(self) -> Self:
        """Return the same cells without the quotes around them."""
        quoted = self.codes[self.starts] == QUOTE
        if not quoted.any():
            return self
        return self._moved(self.starts + quoted, self.sizes - 2 * quoted)

    def some(self, chosen: Truths) -> Self:
        """Return some of them."""
        return self._moved(self.starts[chosen], self.sizes[chosen])

    def without_end(self, length: int) -> Self:
        """Return the same cells without their last bytes."""
        return self._moved(self.starts, self.sizes - length)

    def _moved(self, starts: Positions, sizes: Positions) -> Self:
        return type(self)(codes=self.codes, words=self.words, starts=starts, sizes=sizes)

    def byte_at(self, offset: int) -> Codes:
        """Return one byte of each cell, or of what lies behind it."""
        found: Codes = self.codes[self.starts + offset]
        return found

    def last_byte(self) -> Codes:
        """Return the last byte of each cell."""
        found: Codes = self.codes[self.starts + self.sizes - 1]
        return found

    def have_at(self, offset: int, form: bytes, *, exact: bool = False) -> Truths:
        """Return which cells have a form of eight bytes at an offset; `exact`: `0` stands for itself."""
        return _are_of_form(self.words[self.starts + offset], form, exact=exact)

    def end_with(self, form: bytes, *, exact: bool = False) -> Truths:
        """Return which cells end with a form of at most eight bytes; `exact`: `0` stands for itself."""
        last = self.words[self.starts + (self.sizes - WORD)]
        ends = _are_of_form(last, form.rjust(WORD, b"\0"), exact=exact)
        there: Truths = ends & (self.sizes >= len(form))
        return there

    def are(self, text: bytes) -> Truths:
        """Return which cells are this text of at most eight bytes."""
        there: Truths = self.end_with(text, exact=True) & (self.sizes == len(text))
        return there

    def have_behind(self, offset: int, form: bytes) -> Truths:
        """Return behind which cells' first bytes there is the beginning of a form, or nothing more."""
        lengths = self.sizes - offset
        fitting = (lengths >= 0) & (lengths <= WORD)
        masks = _masks_by_length(form)[np.where(fitting, lengths, 0)]
        differ = (self.words[self.starts + offset] ^ _word_of(form)) & masks
        have: Truths = fitting & (differ == 0)
        return have


Form = Callable[[_Cells, int], Truths]


def _mask_of(form: bytes, *, exact: bool = False) -> np.uint64:
    """Return the bits of a word that tell whether it has a form; a NUL stands for anything."""
    mask = bytearray()
    for byte in form:
        if byte == 0:
            mask.append(0)
        elif byte == _ZERO and not exact:
            mask.append(0xF0)
        else:
            mask.append(0xFF)
    return _word_of(bytes(mask))


@cache
def _masks_by_length(form: bytes) -> Words:
    """Return the bits that tell whether a word begins with a form's first bytes, by how many these are."""
    return np.array([_mask_of(form[:length]) for length in range(WORD + 1)])


def _word_of(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def _are_of_form(words: Words, form: bytes, *, exact: bool = False) -> Truths:
    are: Truths = ((words ^ _word_of(form)) & _mask_of(form, exact=exact)) == 0
    return are


def find_suspects(block: Block, dialect: Dialect, watched: Mapping[str, Watched]) -> Iterator[Suspect]:
    """Return the cells of a block that may lose something.

    Args:
        block: as it was read.
        dialect: how its file was read.
        watched: what to look for, by column of the file.
    """
    if not block.records or not watched:
        return
    data = BEFORE + block.data + BEHIND
    ends = np.ascontiguousarray(block.borders.T) + len(BEFORE)
    starts = _starts_of(ends)
    underscored = _with_underscores(block)
    null = dialect.null.encode()
    for looked_for, places in _places(dialect, watched).items():
        cells = _Cells.of(data, starts[places].ravel(), ends[places].ravel()).unquoted()
        suspicious = ~_are_plain(cells, looked_for)
        if underscored is not None:
            suspicious |= underscored[:, places].T.ravel()
        if suspicious.any():
            suspicious &= cells.sizes > 0
            if 0 < len(null) <= WORD:
                suspicious &= ~cells.are(null)
            for at, written in _read(data, cells, suspicious):
                column, record = divmod(at, block.records)
                if written != null:
                    text = written.replace(b'""', b'"').decode()
                    yield Suspect(record, dialect.columns[places[column] - dialect.op], text)


def _starts_of(ends: Positions) -> Positions:
    """Return where each cell begins, column by column, of where each ends."""
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1] + 1
    starts[0, 1:] = ends[-1, :-1] + 1
    starts[0, 0] = len(BEFORE)
    return starts


def _places(dialect: Dialect, watched: Mapping[str, Watched]) -> dict[Watched, list[int]]:
    """Return the places of the columns among a record's cells, by what is looked for in them."""
    places: dict[Watched, list[int]] = {}
    for place, column in enumerate(dialect.columns, int(dialect.op)):
        if column in watched:
            places.setdefault(watched[column], []).append(place)
    return places


def _read(data: bytes, cells: _Cells, chosen: Truths) -> Iterator[tuple[int, bytes]]:
    """Return the places of some cells among all, with what is written there."""
    places = np.flatnonzero(chosen).tolist()
    starts = cells.starts[chosen].tolist()
    sizes = cells.sizes[chosen].tolist()
    for place, start, size in zip(places, starts, sizes, strict=True):
        yield place, data[start : start + size]


def _with_underscores(block: Block) -> Truths | None:
    """Return which cells of a block hold an underscore, in the shape of its borders; None where none does."""
    if _UNDERSCORE not in block.data:
        return None
    found = np.zeros(block.borders.size, bool)
    at = np.flatnonzero(np.frombuffer(block.data, np.uint8) == ord(_UNDERSCORE))
    found[np.searchsorted(block.borders.ravel(), at)] = True
    return found.reshape(block.borders.shape)


def _are_plain(cells: _Cells, watched: Watched) -> Truths:
    """Return which cells are of a form of which nothing can be lost: the commonest first."""
    common, others = _FORMS[watched.kind]
    plain = common(cells, watched.digits)
    rest = ~plain
    if rest.any():
        plain[rest] = others(cells.some(rest), watched.digits)
    return plain


def _begin_as_numbers(cells: _Cells, digits: int) -> Truths:
    """Return which cells begin with two decimal digits, or are one."""
    del digits
    first, second = cells.byte_at(0), cells.byte_at(1)
    one_digit = cells.sizes == 1
    plain: Truths = (first - _ZERO <= _HIGHEST) & ((second <= _NINE) | one_digit)
    return plain


def _begin_as_signed_numbers(cells: _Cells, digits: int) -> Truths:
    """Return which cells do so behind a sign."""
    first = cells.byte_at(0)
    signed = (first == _PLUS) | (first == _MINUS)
    behind = _Cells(codes=cells.codes, words=cells.words, starts=cells.starts + 1, sizes=cells.sizes - 1)
    plain: Truths = signed & _begin_as_numbers(behind, digits)
    return plain


def _have_scale(cells: _Cells, digits: int) -> Truths:
    """Return which cells have all the digits behind the point that there may be, as most of a column have."""
    if not 0 < digits < WORD:
        return np.zeros(len(cells.sizes), bool)
    plain: Truths = cells.end_with(_POINT_AND_DIGITS[: digits + 1]) & _begin_as_numbers(cells, digits)
    return plain


def _have_less_scale(cells: _Cells, digits: int) -> Truths:
    """Return which cells have fewer digits behind the point, or none."""
    whole = cells.have_behind(0, _DIGITS) & (cells.sizes > 0)
    longer = cells.have_at(0, _DIGITS) & cells.end_with(_DIGITS) & (cells.sizes <= 2 * WORD)
    plain = whole | longer
    for places in range(min(digits, WORD - 1), 0, -1):
        plain |= cells.end_with(_POINT_AND_DIGITS[: places + 1])
    numbers = _begin_as_numbers(cells, digits) | _begin_as_signed_numbers(cells, digits)
    return plain & numbers


def _are_clocks(cells: _Cells, offset: int) -> Truths:
    """Return which cells have a clock's time at an offset; the sixtieth second is none."""
    plain: Truths = cells.have_at(offset, _CLOCK) & (cells.byte_at(offset + len("00:00:")) != _SIX)
    return plain


def _begin_with_moments(cells: _Cells) -> Truths:
    """Return which cells begin with a day and a clock's time, written out."""
    return (
        cells.have_at(0, _DAY) & _are_clocks(cells, _DAY_AND_CLOCK - WORD) & (cells.sizes >= _DAY_AND_CLOCK)
    )


def _are_moments(cells: _Cells, digits: int) -> Truths:
    """Return which cells are times, with six digits behind the point or none."""
    sizes = cells.sizes
    bare: Truths = sizes == _DAY_AND_CLOCK
    plain = bare
    if digits == len("000000") and not bare.all():
        fine = sizes == _DAY_AND_CLOCK + len(".000000")
        plain = bare | (fine & cells.have_at(_DAY_AND_CLOCK - len("0"), _MICROSECONDS))
    return plain & _begin_with_moments(cells)


def _are_moments_of_utc(cells: _Cells, digits: int) -> Truths:
    """Return which cells are times with a few digits behind the point, or with a zone that is UTC."""
    plain = _have_fraction(cells, _DAY_AND_CLOCK, digits)
    for zone in _ZERO_ZONES:
        plain |= cells.end_with(zone, exact=True) & _have_fraction(
            cells.without_end(len(zone)), _DAY_AND_CLOCK, digits
        )
    return plain & _begin_with_moments(cells)


def _have_fraction(cells: _Cells, offset: int, digits: int) -> Truths:
    """Return behind which cells' first bytes there is a point with a few digits, or nothing."""
    plain: Truths = cells.have_behind(offset, _POINT_AND_DIGITS) & (cells.sizes <= offset + 1 + digits)
    return plain


def _are_short_instants(cells: _Cells, digits: int) -> Truths:
    """Return which cells are times that are too short to lose digits, whatever their offset."""
    plain: Truths = _begin_with_moments(cells) & (cells.sizes <= _DAY_AND_CLOCK + 1 + digits)
    return plain


def _are_instants(cells: _Cells, digits: int) -> Truths:
    """Return which cells are times with few enough digits, whatever their offset."""
    beyond = cells.byte_at(_DAY_AND_CLOCK + 1 + digits) - _ZERO <= _HIGHEST
    has_point = cells.byte_at(_DAY_AND_CLOCK) == _POINT
    plain: Truths = _begin_with_moments(cells) & ~(has_point & beyond)
    return plain


def _are_days(cells: _Cells, digits: int) -> Truths:
    """Return which cells are days."""
    del digits
    plain: Truths = cells.have_at(0, _DAY) & (cells.sizes == len("2018-09-06"))
    return plain


def _are_midnights(cells: _Cells, digits: int) -> Truths:
    """Return which cells are days with a time of day that is none."""
    del digits
    at_midnight = cells.have_at(_DAY_AND_CLOCK - WORD, _MIDNIGHT, exact=True)
    plain: Truths = cells.have_at(0, _DAY) & at_midnight & (cells.sizes == _DAY_AND_CLOCK)
    return plain


def _are_bare_clocks(cells: _Cells, digits: int) -> Truths:
    """Return which cells are times of day without a fraction."""
    del digits
    plain: Truths = _are_clocks(cells, 0) & (cells.sizes == WORD)
    return plain


def _are_fine_clocks(cells: _Cells, digits: int) -> Truths:
    """Return which cells are times of day with a few digits behind the point."""
    plain: Truths = _are_clocks(cells, 0) & (cells.sizes >= WORD) & _have_fraction(cells, WORD, digits)
    return plain


def _are_short(cells: _Cells, digits: int) -> Truths:
    """Return which texts fit for sure."""
    plain: Truths = cells.sizes <= digits
    return plain


def _end_without_blank(cells: _Cells, digits: int) -> Truths:
    """Return which texts have no blank at their end that could be cut."""
    del digits
    plain: Truths = cells.last_byte() != _BLANK
    return plain


def _none(cells: _Cells, digits: int) -> Truths:
    del digits
    return np.zeros(len(cells.sizes), bool)


# For each kind the form that most cells have, and what is looked at where a cell has not.
_FORMS: Mapping[Kind, tuple[Form, Form]] = {
    "number": (_begin_as_numbers, _begin_as_signed_numbers),
    "scaled": (_have_scale, _have_less_scale),
    "moment": (_are_moments, _are_moments_of_utc),
    "instant": (_are_short_instants, _are_instants),
    "day": (_are_days, _are_midnights),
    "clock": (_are_bare_clocks, _are_fine_clocks),
    "padded": (_are_short, _end_without_blank),
    "span": (_none, _none),
    "any": (_none, _none),
}
