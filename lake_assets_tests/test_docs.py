"""Proves that the pages agree with the program and with each other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lake_assets import settings
from lake_assets.cli.reference import command_names, with_reference
from lake_assets_tests.fix_cli import ROWS, Company

ROOT = Path(__file__).parents[1]
COMMANDS = ROOT / "docs" / "commands.md"
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *(page for page in [ROOT / "README.md"] if page.exists())]

CODE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
CALL = re.compile(r"(?:`|\$ |bin/|^ *)lake-assets((?: [a-z][a-z-]*)+)", re.MULTILINE)


def name_of(page: Path) -> str:
    """Give a page's path as people write it."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them: lower case, punctuation left out."""
    headings = HEADING.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def links(page: Path) -> Iterator[str]:
    """Give the targets of a page's links to other files of the project, and to its own headings."""
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield target


def documented(kind: str) -> dict[str, Any]:
    """Give the first example in JSON of what a document holds.

    Args:
        kind: the key at its top, such as `table_hours`.
    """
    examples = re.findall(r"```json\n(.*?)```", COMMANDS.read_text(encoding="utf-8"), re.DOTALL)
    row: dict[str, Any] = next(document[kind] for document in map(json.loads, examples) if kind in document)[
        0
    ]
    return row


def test_the_help_on_the_page_is_that_of_the_program() -> None:
    """What stands between the marks is what --help says."""
    page = COMMANDS.read_text(encoding="utf-8")

    assert page == with_reference(page), "run: python -m lake_assets.cli.reference docs/commands.md"


@pytest.mark.parametrize("command", list(command_names()))
def test_every_command_is_on_the_page(command: str) -> None:
    """Each command's help is on the page, and each that does something has a section of its own."""
    page = COMMANDS.read_text(encoding="utf-8")

    assert f"<!-- help: {command} -->" in page
    if command not in {"lake-assets", "lake-assets alerts", "lake-assets quarantine"}:
        assert f"\n## `{command}`\n" in page
        assert f"\n$ {command}" in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("table_hours", ("status",)),
        ("quarantine", ("quarantine", "list")),
        ("retried", ("quarantine", "retry")),
        ("findings", ("doctor",)),
    ],
)
def test_the_json_on_the_page_is_that_of_the_program(
    company: Company, kind: str, words: tuple[str, ...]
) -> None:
    """The examples have the keys, in the order and of the types, that commands write."""
    company.put(0, ROWS + "x,fourth\n")
    company.invoke("load")

    written = json.loads(company.invoke(*words, "--json").stdout)[kind][0]

    example = documented(kind)
    assert list(written) == list(example)
    assert {name: type(value) for name, value in written.items()} == {
        name: type(value) for name, value in example.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the project has its file, and its heading if it names one."""
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name_of(page)} links to {target}"
        assert not anchor or anchor in anchors(file), f"{name_of(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_a_command_that_is_not_there(page: Path) -> None:
    """Each `lake-assets …` on a page begins with the words of a command."""
    known = set(command_names())
    for words in CALL.findall(page.read_text(encoding="utf-8")):
        first = " ".join(["lake-assets", *words.split()[:1]])
        assert first in known, f"{name_of(page)} names {first}"


def test_every_setting_is_documented() -> None:
    """Each variable that `settings` reads has a row on its page."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    read = {
        value
        for name, value in vars(settings).items()
        if name.isupper() and isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", value)
    }

    assert "LAKE_ASSETS_LAKE" in read
    assert {name for name in read if f"| `{name}` |" not in page} == set()
