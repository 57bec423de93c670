"""Proves `load.modes.registry`: every `load:` of the catalog is a mode, and nobody else asks which it is."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import lake_assets
from lake_assets.catalog.models import LoadMode
from lake_assets.exceptions import LoadError
from lake_assets.hours import ONE_HOUR
from lake_assets.load.modes.registry import MODES, mode_of
from lake_assets.postgres import connect
from lake_assets.states.sentences import sentence
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench, make_table

PACKAGE = Path(lake_assets.__file__).parent
MODULES = [*(PACKAGE / "load").rglob("*.py"), *(PACKAGE / "checks").rglob("*.py")]


def test_every_load_of_the_catalog_is_a_mode() -> None:
    """What the catalog takes for `load:` the registry knows."""
    assert set(MODES) == set(get_args(LoadMode))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nobody_else_asks_which_mode_a_table_has(module: Path) -> None:
    """Loading and checking compare no table's `load` with anything."""
    compared = [
        node
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "load"
    ]

    assert compared == []


def test_a_merge_table_is_not_loaded_and_says_why(bench: Bench) -> None:
    """The mode has the sentence and the remedy, and a load is refused with them before anything is made."""
    table = make_table(load="merge", key=("id",))
    refusal = mode_of(table).why_not_loaded

    assert refusal is not None
    why = sentence(refusal)
    assert why.startswith("shop.orders asks for load: merge")
    assert "Write `load: append` or `load: snapshot`" in why
    with pytest.raises(LoadError, match=r"shop\.orders asks for load: merge"):
        bench.with_table(load="merge", key=("id",)).load()
    assert bench.query("SELECT to_regclass('shop.orders')") == [(None,)]


@pytest.mark.parametrize("load", ["append", "snapshot"])
def test_tables_of_other_modes_are_loaded(load: str) -> None:
    """They have no reason not to be, and take inserts only."""
    mode = mode_of(make_table(load=load))

    assert mode.why_not_loaded is None
    assert mode.ops == {"I"}


def test_only_a_snapshot_has_one_hour_in_main(bench: Bench) -> None:
    """The newest hour with files is the table; an append table has all of them."""
    snapshot = bench.with_table(load="snapshot")
    later = HOUR + ONE_HOUR
    for hour in (HOUR, later):
        snapshot.put(GOOD, hour)
        snapshot.load(hour)

    with connect(bench.url, autocommit=True) as connection:
        assert mode_of(snapshot.table).only_hour(connection) == later
        assert mode_of(bench.table).only_hour(connection) is None
