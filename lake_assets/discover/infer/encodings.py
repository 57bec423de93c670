"""The encoding of a table's files, where it is not UTF-8: told by byte order marks, by NULs, or by the words.

A wrong guess would load letters that nobody wrote, so Windows-1252 is believed only where every record beyond
ASCII reads as words of a Western language in it, and none is UTF-8. What a single file's first bytes tell is
`readers.encoding`'s.
"""

from lake_assets.discover.cells.printable import shown
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.infer.western_text import WESTERN, western_words
from lake_assets.discover.survey.table_survey import TableSurvey
from lake_assets.pluralize import pluralize
from lake_assets.readers.decode import is_utf8
from lake_assets.readers.encoding import UTF_16_BARE

LEAST_WORDS = 2  # different ones; a single one may be a fault
LEAST_WORDS_OF_MOST = 1  # the same where most records have such words, which faults would not


def choose_encoding(survey: TableSurvey) -> Explained | None:
    """Return the encoding of a table whose files are not UTF-8, and why; None where they are, or differ.

    Args:
        survey: of files that were read as UTF-8.
    """
    if len(survey.encodings) != 1:
        return None
    ((encoding, count),) = survey.encodings.items()
    files = pluralize(count, "file")
    if encoding in UTF_16_BARE.values():
        return Explained(encoding, f"every other byte is NUL in {files}, and there is no byte order mark")
    if not is_utf8(encoding):
        return Explained(encoding, f"{files} with its byte order mark, and none without")
    return _by_words(survey)


def _by_words(survey: TableSurvey) -> Explained | None:
    """Return the encoding that all records beyond ASCII read as words in; None if there is none."""
    if survey.beyond_ascii or not survey.alien:
        return None
    words = western_words(survey.alien)
    records = survey.records + survey.bad.total()
    are_most = 2 * len(survey.alien) >= records
    if len(words) < (LEAST_WORDS_OF_MOST if are_most else LEAST_WORDS):
        return None
    read = f"{shown(words[0])} in Windows-1252"
    return Explained(WESTERN, f"no record beyond ASCII is UTF-8, and they read like {read}")
