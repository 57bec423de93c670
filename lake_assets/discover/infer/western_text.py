"""Whether bytes that are not UTF-8 read as words of a Western language in Windows-1252.

What follows from it for a table is decided in `encodings`.
"""

import re
from collections.abc import Sequence
from itertools import chain

WESTERN = "cp1252"  # latin-1 with quotes, dashes and the euro where that has control characters
MOST_ODD = 0.05  # of the words beyond ASCII that may be unlike a Western language

# Letters that some languages write beside those of ASCII, as Windows-1252 has them.
_LETTERS = (
    frozenset("äöüß"),  # German
    frozenset("àâæçéèêëîïôœùûüÿ"),  # French
    frozenset("áéíóúüñçïàèò"),  # Spanish and Catalan
    frozenset("áàâãçéêíóôõú"),  # Portuguese
    frozenset("àèéìíîòóùú"),  # Italian
    frozenset("åäöæøéüà"),  # Danish, Norwegian, Swedish, Finnish
    frozenset("áéíóúýþðæö"),  # Icelandic
)
_WORD = re.compile(r"[^\W\d_]+")
_AT_END = bytes([0xAA, 0xB2, 0xB3, 0xB5, 0xB9, 0xBA]).decode(WESTERN)  # ordinals, powers, micro
_UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_BEYOND_ASCII = bytes(byte for byte in range(0x80, 0x100) if byte not in _UNDEFINED).decode(WESTERN)
_MARKS = frozenset(mark for mark in _BEYOND_ASCII if not mark.isalnum())
# Dots, apostrophes, dashes and a blank: these stand between letters, and no other mark does.
_INSIDE = frozenset(bytes([0x85, 0x91, 0x92, 0x96, 0x97, 0xA0, 0xAD, 0xB4, 0xB7]).decode(WESTERN))
_OUTSIDE = re.escape("".join(sorted(_MARKS - _INSIDE)))
_ODD_MARK = re.compile(rf"(?<=[^\W\d_])[{_OUTSIDE}](?=[^\W\d_])|[\u201a\u201e](?!\w)")
_SIGN = re.compile(r"[\u20ac\xa3]\s?[0-9.,]+|[0-9]+\s?(?:[\u20ac\xa3]|\xb0[CF]?)")  # money and degrees


def western_words(records: Sequence[bytes]) -> list[str]:
    """Return the words beyond ASCII of records that read as a Western language in Windows-1252, each once.

    Args:
        records: none of them UTF-8.

    Returns:
        Words of two letters or more; none if the records read as something else.
    """
    try:
        texts = [record.decode(WESTERN) for record in records]
    except UnicodeDecodeError:
        return []
    words = _words(texts)
    if _count_odd(texts, words) > MOST_ODD * (len(words) + _count_marks(texts)):
        return []
    found = dict.fromkeys(chain(words, _signs(texts)))
    return [word for word in found if len(word) > 1]


def _words(texts: Sequence[str]) -> list[str]:
    """Return the words beyond ASCII."""
    words: list[str] = []
    for text in texts:
        words += (word for word in _WORD.findall(text) if not word.isascii())
    return words


def _signs(texts: Sequence[str]) -> list[str]:
    """Return amounts of money and of degrees."""
    signs: list[str] = []
    for text in texts:
        signs += (found[0] for found in _SIGN.finditer(text))
    return signs


def _count_marks(texts: Sequence[str]) -> int:
    return sum(sum(map(text.count, _MARKS)) for text in texts)


def _count_odd(texts: Sequence[str], words: Sequence[str]) -> int:
    """Return how many words and marks are unlike a Western language."""
    odd_words = sum(not _is_western(word) for word in words)
    odd_marks = sum(len(_ODD_MARK.findall(text)) for text in texts)
    return odd_words + odd_marks


def _is_western(word: str) -> bool:
    letters = word.rstrip(_AT_END)
    beyond = [letter for letter in letters if not letter.isascii()]
    is_all_beyond = len(letters) > 1 and len(beyond) == len(letters)
    return not is_all_beyond and _has_usual_case(letters, beyond) and _is_of_one_language(beyond)


def _has_usual_case(letters: str, beyond: Sequence[str]) -> bool:
    """Return whether capitals stand where words have them; those of ASCII may stand anywhere."""
    if letters.islower() or letters.isupper() or letters[1:].islower():
        return True
    return not any(map(str.isupper, beyond))


def _is_of_one_language(beyond: Sequence[str]) -> bool:
    lower = frozenset("".join(beyond).lower())
    return any(lower <= letters for letters in _LETTERS)
