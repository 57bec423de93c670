"""Documents read from their text as the loader reads them: exact numbers, what it mends mended.

What an object of extended JSON means is `extended_json`'s; what the documents of a column have in common is
`json_tree`'s.
"""

from decimal import Decimal
from json import JSONDecoder
from typing import Any

from lake_assets.discover.cells.json_cells import (
    LARGEST_EXPONENT,
    LONGEST_NUMBER,
    ZERO_BELOW_ZERO,
    has_whole_characters,
)
from lake_assets.load.staging.json_mend import mend, why_cut

CUT_OFF = "cut off"
MOST_DIGITS = 131_072  # before the point of a numeric (manual, "Numeric Types")
MOST_FRACTION = 16_383  # behind it


class Number(str):
    """A number of JSON, as it is written."""

    __slots__ = ()


class UnreadableError(ValueError):
    """The text is no JSON that `jsonb` takes, mended or not; says why."""


class DocumentDecoder:
    """Reads the text of documents.

    Attributes:
        loses: whether `jsonb` would not give the last text back as it was, blanks and key order aside.
    """

    def __init__(self) -> None:
        self.loses = False
        self._json = JSONDecoder(
            object_pairs_hook=self._read_object,
            parse_int=self._read_number,
            parse_float=self._read_number,
            parse_constant=_refuse,
        )

    def read(self, text: str) -> Any:
        """Return the value of a JSON text as the loader will read it, bare NaN and escaped NULs mended.

        Raises:
            UnreadableError: the loader will put its record into quarantine.
        """
        self.loses = False
        if "\\u0000" in text:
            text = mend(text, "replace").text
            self.loses = True
        try:
            value = self._json.decode(text)
        except (ValueError, RecursionError):
            return self._read_mended(text)
        if "\\u" in text and not has_whole_characters(text):
            raise UnreadableError("half of a surrogate pair")
        return value

    def _read_mended(self, text: str) -> Any:
        mended = mend(text, "replace")
        if not mended.not_finite:
            raise UnreadableError(CUT_OFF if why_cut(text) else "broken JSON")
        value = self.read(mended.text)
        self.loses = True
        return value

    def _read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.loses = True
        return made

    def _read_number(self, text: str) -> Number:
        mantissa, _, exponent = text.lower().partition("e")
        power = int(exponent or 0)
        if len(text) > LONGEST_NUMBER or abs(power) > LARGEST_EXPONENT:
            self.loses = True
            _refuse_beyond_numeric(text, mantissa, power)
        elif text.startswith("-0") and ZERO_BELOW_ZERO.fullmatch(text):
            self.loses = True
        return Number(text)


def _refuse_beyond_numeric(text: str, mantissa: str, power: int) -> None:
    _, _, fraction = mantissa.partition(".")
    digits = Decimal(mantissa).adjusted() + power
    fraction_digits = len(fraction) - power
    if digits >= MOST_DIGITS or fraction_digits > MOST_FRACTION:
        raise ValueError(text)


def _refuse(word: str) -> Any:
    raise ValueError(word)
