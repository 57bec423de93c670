"""Proves that SQL stands in files, that every file is run by somebody, and that each says what it does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lake_assets

PACKAGE = Path(lake_assets.__file__).parent
FILES = sorted(PACKAGE.rglob("sql/*.sql"))
VERBS = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|COPY)\b")


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


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.parent.name}/{file.stem}")
def test_every_file_is_run_by_its_own_package(file: Path) -> None:
    """A file of SQL is named in the code beside it; none lies about unused."""
    named = {text for module in file.parent.parent.glob("*.py") for text in strings_of(module)}

    assert file.stem in named


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.parent.name}/{file.stem}")
def test_every_file_says_what_it_does(file: Path) -> None:
    """The first line of a file of SQL is a comment, a sentence."""
    first = file.read_text(encoding="utf-8").splitlines()[0]

    assert re.fullmatch(r"-- [A-Z].*[.]", first)


@pytest.mark.parametrize(
    "module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_statement_stands_in_the_code(module: Path) -> None:
    """Python holds clauses that are composed, and no statement, but for the embedded server's own set-up."""
    if "embedded" in module.parts:
        return
    statements = [text for text in strings_of(module) if VERBS.match(text.lstrip())]

    assert statements == []
