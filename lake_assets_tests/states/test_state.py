"""Proves `states.state`: the one table of states is complete, and nobody keeps a list of his own."""

import re
from pathlib import Path
from typing import get_args

import lake_assets
from lake_assets.ledger.install import migrations
from lake_assets.states.facts import CODES, Fact
from lake_assets.states.sentences import _COMPOSED, TEMPLATES
from lake_assets.states.state import FINE, LOADABLE, NEED_ATTENTION, STATES, WAIVABLE, WELL, State

PACKAGE = Path(lake_assets.__file__).parent
ALL: tuple[State, ...] = get_args(State)


def test_the_table_of_states_has_every_state_once() -> None:
    """Each state stands in the table under its own name, and each that needs attention says what to do."""
    assert set(STATES) == set(ALL)
    assert all(name == info.name for name, info in STATES.items())
    assert {name for name, info in STATES.items() if info.advice} == NEED_ATTENTION


def test_what_follows_from_the_states_is_what_it_was() -> None:
    """Who needs attention, what a load can mend and what a person may accept."""
    assert {"loaded", "quiet", "expected", "waived"} == FINE
    assert {"failed", "mismatch", "stale"} == LOADABLE
    assert {"missing", "failed"} == WAIVABLE
    assert {"loaded", "quarantined", "quiet"} == WELL


def test_no_statement_has_a_list_of_states_of_its_own() -> None:
    """SQL takes lists of states as parameters; only migrations, which are history, spell them out."""
    spelled = re.compile(r"state\s+(?:NOT\s+)?IN\s*\(\s*'", re.IGNORECASE)
    found = [file for file in PACKAGE.rglob("sql/*.sql") if spelled.search(file.read_text(encoding="utf-8"))]

    assert found == []


def test_the_ledger_takes_every_state_and_indexes_those_that_need_attention() -> None:
    """The lists that the schema itself has to spell out are those of the table of states."""
    script = "".join(migration.script for migration in migrations())
    (known,) = re.findall(r"CHECK \(state IN \(([^)]*)\)\)", script)
    (indexed,) = re.findall(r"WHERE state IN \(([^)]*)\);", script)

    assert set(re.findall(r"'(\w+)'", known)) == set(ALL)
    assert set(re.findall(r"'(\w+)'", indexed)) == NEED_ATTENTION


def test_every_fact_has_one_sentence() -> None:
    """Whoever adds a fact says what people read of it, in one of two ways."""
    assert TEMPLATES.keys() | _COMPOSED.keys() == set(CODES)
    assert not TEMPLATES.keys() & _COMPOSED.keys()


def test_facts_survive_the_ledger() -> None:
    """What is read back of a fact is what was written of it."""
    fact = Fact.of("file_removed", key="a; b.csv", records=3)

    assert Fact.from_json(fact.as_json()) == fact
