"""The encoding of a table's files, where it is not UTF-8: told by byte order marks, by NULs, or by the words.

A wrong guess would load letters that nobody wrote, so Windows-1252 is believed only where every record beyond
ASCII reads as words of a Western language in it, and none is UTF-8. What a single file's first bytes tell is
`readers.encoding`'s.
"""

import re
from collections.abc import Sequence
from itertools import chain

from lake_assets.discover.survey import Survey
from lake_assets.discover.why import shown
from lake_assets.pluralize import pluralize
from lake_assets.readers.decode import is_utf8
from lake_assets.readers.encoding import UTF_16_BARE

WESTERN = "cp1252"  # latin-1 with quotes, dashes and the euro where that has control characters
LEAST_WORDS = 2  # different ones; a single one may be a fault
MOST_ODD = 0.05  # of the words beyond ASCII that may be unlike a Western language

# Letters that some language writes beside those of ASCII, as Windows-1252 has them.
_LANGUAGES = (
    *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñçïàèò", "áàâãçéêíóôõú"),
    *("àèéìíîòóùú", "åäöæøéüà", "áéíóúýþðæö"),
)
_LETTERS = tuple(map(frozenset, _LANGUAGES))
_WORD = re.compile(r"[^\W\d_]+")
_AT_END = bytes([0xAA, 0xB2, 0xB3, 0xB5, 0xB9, 0xBA]).decode(WESTERN)  # ordinals, powers, micro
_ALL = bytes(byte for byte in range(0x80, 0x100) if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode(
    WESTERN
)
_MARKS = frozenset(mark for mark in _ALL if not mark.isalnum())
# Dots, apostrophes, dashes and a blank: these stand between letters, and no other mark does.
_INSIDE = frozenset(bytes([0x85, 0x91, 0x92, 0x96, 0x97, 0xA0, 0xAD, 0xB4, 0xB7]).decode(WESTERN))
_ODD_MARK = re.compile(
    rf"(?<=[^\W\d_])[{re.escape(''.join(sorted(_MARKS - _INSIDE)))}](?=[^\W\d_])|[\u201a\u201e](?!\w)"
)

_SIGN = re.compile(r"[\u20ac\xa3]\s?[0-9.,]+|[0-9]+\s?(?:[\u20ac\xa3]|\xb0[CF]?)")  # money and degrees


def choose_encoding(survey: Survey) -> tuple[str, str] | None:
    """Give the encoding of a table whose files are not UTF-8, and why; None where they are, or differ.

    Args:
        survey: of files that were read as UTF-8.
    """
    if len(survey.encodings) != 1:
        return None
    ((encoding, files),) = survey.encodings.items()
    if encoding in UTF_16_BARE.values():
        return (
            encoding,
            f"every other byte is NUL in {pluralize(files, 'file')}, and there is no byte order mark",
        )
    if not is_utf8(encoding):
        return encoding, f"{pluralize(files, 'file')} with its byte order mark, and none without"
    if survey.beyond_ascii or not survey.alien:
        return None
    words = western_words(survey.alien)
    mostly = (
        2 * len(survey.alien) >= sum(group.records for group in survey.groups.values()) + survey.bad.total()
    )
    if len(words) < (1 if mostly else LEAST_WORDS):
        return None
    read = f"{shown(words[0])} in Windows-1252"
    return WESTERN, f"no record beyond ASCII is UTF-8, and they read like {read}"


def western_words(records: Sequence[bytes]) -> list[str]:
    """Give the words beyond ASCII of records that read as a Western language in Windows-1252, each once.

    Args:
        records: none of them UTF-8.

    Returns:
        Words of two letters or more; none if the records read as something else.
    """
    try:
        texts = [record.decode(WESTERN) for record in records]
    except UnicodeDecodeError:
        return []
    words = [word for text in texts for word in _WORD.findall(text) if not word.isascii()]
    marks = sum(character in _MARKS for text in texts for character in text)
    odd = sum(not _is_western(word) for word in words) + sum(len(_ODD_MARK.findall(text)) for text in texts)
    if odd > MOST_ODD * (len(words) + marks):
        return []
    signs = (found[0] for text in texts for found in _SIGN.finditer(text))
    return [word for word in dict.fromkeys(chain(words, signs)) if len(word) > 1]


def _is_western(word: str) -> bool:
    bare = word.rstrip(_AT_END)
    beyond = [letter for letter in bare if not letter.isascii()]
    lower = frozenset("".join(beyond).lower())
    return (
        (len(bare) < 2 or len(beyond) < len(bare))  # noqa: PLR2004 - a word of one letter
        and (bare.islower() or bare.isupper() or bare[1:].islower() or not any(map(str.isupper, beyond)))
        and any(lower <= letters for letters in _LETTERS)
    )
