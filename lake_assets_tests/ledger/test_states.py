"""Proves `ledger.states`: what SQL says of states is what Python says."""

import re
from pathlib import Path
from typing import get_args

import lake_assets
from lake_assets.ledger.ledger import State
from lake_assets.ledger.states import FINE, LETTERS, LOADABLE

PACKAGE = Path(lake_assets.__file__).parent
ALL = frozenset(get_args(State))
WITH_ROWS = frozenset({"loaded", "quarantined"})


def test_lists_of_states_in_sql_are_those_of_python() -> None:
    """Each list is one of those that follow from the states; whoever adds a state meets every one of them."""
    known = {
        ALL,
        ALL - FINE,
        LOADABLE,
        LOADABLE - {"stale"},
        WITH_ROWS,
        WITH_ROWS | FINE - {"expected"},
        ALL - LOADABLE - WITH_ROWS,
    }
    lists = {
        (file.name, frozenset(re.findall(r"'(\w+)'", found)))
        for file in sorted(PACKAGE.rglob("sql/*.sql"))
        for found in re.findall(r"state (?:NOT )?IN \(([^)]*)\)", file.read_text(encoding="utf-8"))
    }

    assert {states for _, states in lists} == known, lists
    assert LETTERS.keys() == ALL
    assert len(set(LETTERS.values())) == len(ALL)
