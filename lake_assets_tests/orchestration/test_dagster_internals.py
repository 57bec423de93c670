"""Proves `dagster_internals`: what is private to Dagster stands in one module, and is there."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import lake_assets
from lake_assets.orchestration import dagster_internals

PACKAGE = Path(lake_assets.__file__).parent


def imported_by(module: Path) -> Iterator[str]:
    """Return the dotted names of the modules that a module imports."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_private_to_dagster(module: str) -> bool:
    """Return whether a module is none of those that Dagster documents."""
    root, *rest = module.split(".")
    return root == "dagster_shared" or (root.startswith("dagster") and any(part[0] == "_" for part in rest))


@pytest.mark.parametrize("name", dagster_internals.__all__)
def test_dagster_has_what_we_take_of_it(name: str) -> None:
    """Each name is there in the Dagster that is installed, and comes from Dagster."""
    value = getattr(dagster_internals, name)

    assert getattr(value, "__module__", "dagster").startswith("dagster")


def test_dagster_has_the_manager_that_keeps_no_logs() -> None:
    """What the overrides of an instance name by text can be imported."""
    place = dagster_internals.NO_COMPUTE_LOGS

    assert hasattr(importlib.import_module(place["module"]), place["class"])


def test_one_module_imports_what_is_private_to_dagster() -> None:
    """A new version of Dagster has to be held against one module only."""
    importing = [
        str(module.relative_to(PACKAGE))
        for module in PACKAGE.rglob("*.py")
        if any(is_private_to_dagster(name) for name in imported_by(module))
    ]

    assert importing == ["orchestration/dagster_internals.py"]
