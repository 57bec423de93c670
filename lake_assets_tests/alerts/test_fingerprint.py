"""Proves which failures count as one cause, whatever figures and names they give."""

import pytest

from lake_assets.alerts.fingerprint import fingerprint_of_fact, fingerprint_of_words
from lake_assets.states.facts import Fact


def failure(error: str, kind: str = "LoadError") -> Fact:
    """Give an error that ended a load."""
    return Fact.of("load_failed", error=error, kind=kind, sqlstate=None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("shop/a/1.csv: 12 records", "shop/b/22.csv: 7 records"),
        ('column "a" is not in the file', 'column "b c" is not in the file'),
        ("no column 'a'", "no column 'b'"),
        ("Key (name)=(Ada) already exists.", "Key (name)=(Bo b) already exists."),
    ],
    ids=["paths and figures", "names", "single quotes", "values of a key"],
)
def test_figures_and_names_are_left_aside(one: str, other: str) -> None:
    """Errors that differ in paths, figures, names and values alone have one fingerprint."""
    assert fingerprint_of_fact(failure(one)) == fingerprint_of_fact(failure(other))


def test_errors_of_two_kinds_are_two_causes() -> None:
    """The same words of two kinds of error have two fingerprints, and so have two codes."""
    error = "the disk is full"
    differs = Fact.of("counts_differ", error=error, kind="LoadError", sqlstate=None)
    facts = (failure(error), failure(error, kind="DiskFull"), differs)

    assert len({fingerprint_of_fact(fact) for fact in facts}) == 3


def test_a_code_without_foreign_words_is_its_own_fingerprint() -> None:
    """Of a fact that is all figures nothing but the code counts."""
    fact = Fact.of("too_many_quarantined", bad=3, records=4, allowed=0)

    assert fingerprint_of_fact(fact) == "too_many_quarantined"


def test_what_an_older_ledger_noted_has_the_fingerprint_of_that_time() -> None:
    """Open alerts of before there were facts know their incidents by the words alone."""
    assert fingerprint_of_fact(Fact.of("noted", text="shop/a.csv: 12 records")) == "# # records"


def test_a_long_error_is_compared_by_its_beginning() -> None:
    """A fingerprint has an end, and words without blanks take no time to speak of."""
    assert len(fingerprint_of_words("why " * 10**6)) == 200
    assert fingerprint_of_words("x" * 10**6) == "x" * 200
