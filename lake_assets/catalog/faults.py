"""A fault of a catalog before its file is known, and the words to say it in.

The error that people see is `CatalogError` in `exceptions`; finding faults belongs to `values`, `shape`
and `rules`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic_core import PydanticCustomError

Place = tuple[str | int, ...]
LONGEST_SHOWN = 60  # characters; a fault shall stay one line of text


@dataclass(frozen=True)
class Fault:
    """One fault, at its place in one document.

    Attributes:
        place: keys and list indices that lead to it from the top of the document.
        message: what is wrong, with the value.
        remedy: what to write instead.
        line: its 1-based line, where it is not the line of `place`.
    """

    place: Place
    message: str
    remedy: str
    line: int | None = None


def refusal(message: str, remedy: str) -> PydanticCustomError:
    """Return the error by which a validator refuses a value."""
    return PydanticCustomError("catalog", "{message}", {"message": message, "remedy": remedy})


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known words closest to `word`; empty where none is close."""
    folded = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold(), folded)
    if not matches:
        return ""
    closest = " or ".join(folded[match] for match in matches)
    return f"Did you mean {closest}?"


def shown(value: object) -> str:
    """Return a value as a message shows it, cut short where it is long."""
    text = repr(value)
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[:LONGEST_SHOWN]}…"


def sentences(*parts: str) -> str:
    """Return sentences as one text, without those that are empty."""
    return " ".join(filter(None, parts))
