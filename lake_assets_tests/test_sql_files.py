"""Proves that SQL stands in files, that every file is run by somebody, and that each says what it does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lake_assets
from lake_assets.postgres import QUERIES, read_queries

PACKAGE = Path(lake_assets.__file__).parent
VERBS = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|COPY)\b")


def statements_of(file: Path) -> Iterator[tuple[Path, str, str]]:
    """Give the package's folder, the name and the text of each statement of a file."""
    text = file.read_text(encoding="utf-8")
    found = read_queries(text) if file.name == QUERIES else {file.stem: text}
    for name, statement in found.items():
        yield file.parent.parent, name, statement


STATEMENTS = [found for file in sorted(PACKAGE.rglob("sql/*.sql")) for found in statements_of(file)]


def strings_of(module: Path) -> Iterator[str]:
    """Give every text in a module that is no docstring."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docstrings = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
            yield node.value


@pytest.mark.parametrize(
    ("folder", "name", "text"), STATEMENTS, ids=[f"{folder.name}/{name}" for folder, name, _ in STATEMENTS]
)
def test_every_statement_is_run_by_its_own_package(folder: Path, name: str, text: str) -> None:
    """A statement is named in the code beside it and says in a sentence what it does; none lies unused."""
    named = {said for module in folder.rglob("*.py") for said in strings_of(module)}

    assert name in named
    assert re.match(r"-- [A-Z].*[.]\n", text)


def test_no_statement_stands_twice() -> None:
    """A statement of `queries.sql` has no file of its own beside it."""
    names = [(folder, name) for folder, name, _ in STATEMENTS]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_statement_stands_in_the_code(module: Path) -> None:
    """Python holds clauses that are composed, and no statement, but for the embedded server's own set-up."""
    if "embedded" in module.parts:
        return
    statements = [text for text in strings_of(module) if VERBS.match(text.lstrip())]

    assert statements == []
