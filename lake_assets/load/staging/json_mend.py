r"""JSON text that PostgreSQL's `jsonb` refuses, made readable where what it means is beyond doubt.

Mended are bare `nan`, `inf` and `Infinity`, which libbson writes in legacy extended JSON, and `\u0000`,
which PostgreSQL cannot hold; all else is left as it is, for PostgreSQL to judge. Text that was cut off is
told apart.
"""

import re
from dataclasses import dataclass

KIBIBYTE = 1024
ESCAPED_NUL = r"\u0000"

# Possessive, and up to the end of a text that is never closed: no stretch is looked at twice.
_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_BARE = r"(?<![\w.+$-])(?P<sign>-?)(?:(?P<nan>nan|NaN|NAN)|inf|Inf|INF|infinity|Infinity)(?![\w.$])"
_TEXTS = re.compile(_TEXT, re.DOTALL)
_TO_MEND = re.compile(f"{_TEXT}|{_BARE}", re.DOTALL)
_PERHAPS_BARE = re.compile("nan|NaN|NAN|inf|Inf|INF")
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
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
    if ESCAPED_NUL not in text and not _PERHAPS_BARE.search(text):
        return Mended(text)
    instead = _NUL_BECOMES.get(nul, ESCAPED_NUL)
    not_finite = nuls = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal not_finite, nuls
        part = found[0]
        if not part.startswith('"'):
            not_finite += 1
            return _as_double(found)
        if ESCAPED_NUL not in part:
            return part
        nuls += _ESCAPE.findall(part).count(ESCAPED_NUL)
        return _replace_nuls(part, instead)

    mended = _TO_MEND.sub(replaced, text)
    if nul in _NUL_BECOMES:
        return Mended(text=mended, not_finite=not_finite, nuls=nuls)
    return Mended(text=mended, not_finite=not_finite, has_nul=nuls > 0)


def _replace_nuls(text: str, instead: str) -> str:
    return _ESCAPE.sub(lambda escape: instead if escape[0] == ESCAPED_NUL else escape[0], text)


def _as_double(word: re.Match[str]) -> str:
    name = "NaN" if word["nan"] else f"{word['sign']}Infinity"
    return f'{{"$numberDouble": "{name}"}}'


def why_cut(text: str) -> str | None:
    """Return that a JSON text was cut off, and where; None if it ends like any other."""
    inside = _ends_inside(text)
    if inside is None:
        return None
    size = len(text.encode())
    after = f"{size} bytes"
    if size % KIBIBYTE == 0:
        after += f" ({size // KIBIBYTE} KiB exactly)"
    return (
        f"the document was cut off: its JSON ends after {after}, {inside}. DMS cuts what is "
        "longer than LobMaxSize without a mark: raise it (or the limit of whatever else wrote this) and "
        "deliver the record again"
    )


def depth_of(text: str) -> int:
    """Return how many objects and arrays a JSON text has inside each other, at most."""
    deepest = depth = 0
    for character in _NO_BRACKETS.sub("", _TEXTS.sub("", text)):
        depth += 1 if character in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _ends_inside(text: str) -> str | None:
    """Return what is still open at the end of a JSON text; None if nothing is, or if it is no JSON."""
    # Behind an open text the quote closes it and the mark stays; behind all else both are a text, and go.
    bare = _TEXTS.sub("", text.rstrip("\\") + '"#')
    open_ones: list[str] = []
    for character in _NO_BRACKETS.sub("", bare):
        if character not in _CLOSES:
            open_ones.append(character)
        elif not open_ones or open_ones.pop() != _CLOSES[character]:
            return None
    if bare.endswith("#"):
        return "inside a text"
    if not open_ones:
        return None
    return "inside an object" if open_ones[-1] == "{" else "inside an array"
