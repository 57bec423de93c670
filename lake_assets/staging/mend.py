r"""JSON text that PostgreSQL's `jsonb` refuses, made readable where what it means is beyond doubt.

Mended are bare `nan`, `inf` and `Infinity`, which libbson writes in legacy extended JSON, and `\u0000`,
which PostgreSQL cannot hold; all else is left as it is, for PostgreSQL to judge. Text that was cut off is
told apart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

KIBIBYTE = 1024
ESCAPED_NUL = r"\u0000"

_PARTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[^"]+|"', re.DOTALL)
_BARE = re.compile(
    r"(?<![\w.+$-])(?P<sign>-?)(?:(?P<nan>nan|NaN|NAN)|inf|Inf|INF|infinity|Infinity)(?![\w.$])"
)
_ESCAPE = re.compile(r"\\(?:u0000|.)", re.DOTALL)
_NUL_BECOMES = {"replace": r"\ufffd", "strip": ""}
_CLOSES = {"}": "{", "]": "["}


@dataclass(frozen=True)
class Mended:
    """A JSON text that was mended.

    Attributes:
        text: the text.
        not_finite: bare NaN and Infinity that were put into `$numberDouble`.
        nuls: NULs that were replaced or stripped.
        has_nul: there are NULs left.
    """

    text: str
    not_finite: int = 0
    nuls: int = 0
    has_nul: bool = False


def mend(text: str, nul: str) -> Mended:
    """Mend a JSON text.

    Args:
        text: the text.
        nul: what becomes of an escaped NUL: `replace`, `strip`, or else it stays.
    """
    pieces, not_finite, nuls = [], 0, 0
    for part in _PARTS.findall(text):
        if part.startswith('"'):
            nuls += _ESCAPE.findall(part).count(ESCAPED_NUL) if ESCAPED_NUL in part else 0
            pieces.append(_replace_nuls(part, _NUL_BECOMES.get(nul, ESCAPED_NUL)))
        else:
            mended, changed = _BARE.subn(_as_double, part)
            not_finite += changed
            pieces.append(mended)
    kept = nul not in _NUL_BECOMES
    return Mended("".join(pieces), not_finite, 0 if kept else nuls, has_nul=kept and nuls > 0)


def _replace_nuls(text: str, instead: str) -> str:
    if ESCAPED_NUL not in text:
        return text
    return _ESCAPE.sub(lambda escape: instead if escape[0] == ESCAPED_NUL else escape[0], text)


def _as_double(word: re.Match[str]) -> str:
    name = "NaN" if word["nan"] else f"{word['sign']}Infinity"
    return f'{{"$numberDouble": "{name}"}}'


def why_cut(text: str) -> str | None:
    """Say that a JSON text was cut off, and where, or give None if it ends like any other."""
    inside = _ends_inside(text)
    if inside is None:
        return None
    size = len(text.encode())
    exactly = f" ({size // KIBIBYTE} KiB exactly)" if size % KIBIBYTE == 0 else ""
    return (
        f"the document was cut off: its JSON ends after {size} bytes{exactly}, {inside}. DMS cuts what is "
        "longer than LobMaxSize without a mark: raise it (or the limit of whatever else wrote this) and "
        "deliver the record again"
    )


def _ends_inside(text: str) -> str | None:
    open_ones: list[str] = []
    for part in _PARTS.findall(text):
        if part == '"':
            return "inside a text"
        for character in () if part.startswith('"') else _brackets(part):
            if character not in _CLOSES:
                open_ones.append(character)
            elif not open_ones or open_ones.pop() != _CLOSES[character]:
                return None
    if not open_ones:
        return None
    return f"inside {'an object' if open_ones[-1] == '{' else 'an array'}"


def _brackets(text: str) -> Iterator[str]:
    return (character for character in text if character in "{}[]")
