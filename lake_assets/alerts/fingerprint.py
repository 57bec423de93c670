"""Fingerprints: what failures have in common that have the same reason, whatever figures and names they give.

Failures of a source with the same fingerprint are told together. A reason is a code, and what is somebody
else's words about it is compared with figures and names left aside; nothing else is read from words.
"""

import re
from collections.abc import Mapping

from lake_assets.states.facts import Fact, FactCode

FOREIGN_WORDS: Mapping[FactCode, str] = {"load_failed": "error", "counts_differ": "error", "noted": "text"}
"""The facts that hold words which no code stands for, each with the detail that has these."""

LEFT_ASIDE = re.compile(r""""[^"]*"|'[^']*'|(?<==)\([^)]*\)|[^ ]*/[^ ]*|[0-9]+""")
"""What differs from one failure to the next: what stands in quotes, values of a key, paths and figures."""

MOST_READ = 2_000
"""Characters of an error that are compared; the pattern takes long for a word without an end."""

LONGEST = 200
"""Characters of a fingerprint's words: a traceback begins like others and then goes its own way."""


def fingerprint_of_fact(fact: Fact) -> str:
    """Return the fingerprint of what made a table-hour's state."""
    detail = FOREIGN_WORDS.get(fact.code)
    if detail is None:
        return fact.code
    words = fingerprint_of_words(fact.details[detail])
    if fact.code == "noted":
        # As it was before there were facts: open alerts of that time know their incidents by it.
        return words
    return f"{fact.code} {fact.details['kind']}: {words}"


def fingerprint_of_words(words: str) -> str:
    """Return the words of an error with figures and names left aside."""
    return LEFT_ASIDE.sub("#", words[:MOST_READ])[:LONGEST]
