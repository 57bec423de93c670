"""Words that PostgreSQL's dates and times read off the clock: `now` is another value at every load.

This is the one home of the rule, as bytes for cells of files and as PostgreSQL's regular expression for texts
inside documents. Which types know the words belongs to `load.staging`, and so does what becomes of a record
that has one.

The words, and where they may stand, are those of the manual ("Date/Time Types", "Special Values") and of the
server's own reader of dates (`ParseDateTime`), which takes a word with one of -/. right behind it for part of
a date or of a time zone's name. `infinity`, `epoch` and `allballs` always mean the same.
"""

import re

REASON = "a word that means another time at every load; write the time itself"

WORDS = ("now", "today", "tomorrow", "yesterday")
_NOT_BEHIND = "[A-Za-z]"
_NOT_BEFORE = "[A-Za-z/.-]"

# Python and PostgreSQL write the rule alike (manual, "Pattern Matching", "Regular Expression Constraints").
_RULE = f"(?<!{_NOT_BEHIND})(?:{'|'.join(WORDS)})(?!{_NOT_BEFORE})"

# Find the rule in a cell's bytes.
IN_BYTES = re.compile(_RULE.encode(), re.IGNORECASE)

# The same for PostgreSQL's operator `~*`, which takes no heed of letter case either.
FOR_POSTGRES = _RULE
