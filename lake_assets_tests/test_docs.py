"""Proves that the pages agree with the program and with each other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from lake_assets import settings
from lake_assets.cli.doctor import CHECKS
from lake_assets.cli.reference import command_names, with_reference
from lake_assets.states.state import State
from lake_assets_tests.fix_cli import ROWS, Company

ROOT = Path(__file__).parents[1]
COMMANDS = ROOT / "docs" / "commands.md"
DECISIONS = ROOT / "docs" / "decisions"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))
AROUND = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *(page for page in AROUND if page.exists())]

CODE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")
VARIABLE = re.compile(r"\bLAKE_ASSETS_[A-Z_]+\b")
TABLE = re.compile(r"CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW) lake_assets\.(\w+)")
CALL = re.compile(r"(?:`|\$ |bin/|^ *)lake-assets((?: [a-z][a-z-]*)+)", re.MULTILINE)


def name_of(page: Path) -> str:
    """Give a page's path as people write it."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them: lower case, punctuation left out."""
    headings = HEADING.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def prose(page: Path) -> str:
    """Give a page's text without code, comments and links."""
    text = COMMENT.sub("", CODE.sub("", page.read_text(encoding="utf-8")))
    return SPAN.sub("", LINK.sub("", text))


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


def test_the_sections_stand_in_the_order_of_the_commands() -> None:
    """The table at the top, the sections and the help texts follow the program, each help in its section."""
    page = COMMANDS.read_text(encoding="utf-8")
    names = list(command_names())
    groups = {name for name in names if any(other.startswith(f"{name} ") for other in names)}
    own = [name for name in names if name not in groups]

    assert re.findall(r"^\| \[`(lake-assets [a-z ]+)`\]", page, re.MULTILINE) == own
    assert re.findall(r"^## `(.*)`$", page, re.MULTILINE) == own
    marks = re.findall(r"^(?:## `(lake-assets .*)`|<!-- help: (lake-assets[a-z ]*) -->)$", page, re.MULTILINE)
    section = ""
    for heading, helped in marks:
        section = heading or section
        assert heading or section.startswith("" if helped == "lake-assets" else helped), f"help of {helped}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_name_each_other_by_links(page: Path) -> None:
    """Where a page names another page, it links to it."""
    assert re.findall(r"\b(?:docs/)?[a-z-]+\.md\b", prose(page)) == []


def test_every_page_and_picture_can_be_reached() -> None:
    """README links to every page of the docs and around them, and some page shows every picture."""
    shown = {(page.parent / target).resolve() for page in PAGES for target in links(page)}
    linked = {(ROOT / target.partition("#")[0]).resolve() for target in links(ROOT / "README.md")}

    assert {*(ROOT / "docs").glob("*.md"), DECISIONS / "README.md", *AROUND[1:]} - linked == set()
    assert set((ROOT / "docs" / "images").iterdir()) - shown == set()


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_a_page_stays_a_page(page: str) -> None:
    """What a stranger reads first can be read in one go."""
    assert len((ROOT / page).read_text(encoding="utf-8").splitlines()) <= 120


REMARKS = {"Status: Accepted": "", "Status: Proposed": " (proposed)"}
SUPERSEDED = re.compile(r"Status: Superseded by \[(?P<by>\d{4})\]\((?P=by)-[\w-]+\.md\)")


def test_every_decision_is_listed() -> None:
    """Records are numbered without a gap, and the list has the number, the title and the status of each."""
    listed = []
    for number, record in enumerate(RECORDS, start=1):
        title, _, status = record.read_text(encoding="utf-8").splitlines()[:3]
        heading = f"# {number:04d}: "
        assert record.name.startswith(f"{number:04d}-")
        assert title.startswith(heading)
        remark = REMARKS.get(status)
        if remark is None:
            remark = f" (superseded by {SUPERSEDED.fullmatch(status)['by']})"  # type: ignore[index]
        listed.append(f"- [{number:04d}]({record.name}): {title.removeprefix(heading)}{remark}")

    page = (DECISIONS / "README.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("- ")] == listed


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_decision_says_why_and_what_follows(record: Path) -> None:
    """A record has its three parts and is read in a minute."""
    text = record.read_text(encoding="utf-8")

    assert HEADING.findall(text)[1:] == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 35


def test_every_state_is_in_the_glossary() -> None:
    """The glossary has the states of the ledger, each once."""
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    section = page.partition("\n## States\n")[2].partition("\n## ")[0]

    assert sorted(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == sorted(get_args(State))


def test_every_package_is_in_the_architecture() -> None:
    """The table of packages has a row for each package."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = {init.parent.name for init in (ROOT / "lake_assets").glob("*/__init__.py")}

    assert packages - set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set()


def test_no_other_setting_is_named() -> None:
    """Our variables in the code and in the docs are those that the page of settings explains."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {
        name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in VARIABLE.findall(row)
    }
    code = [*(ROOT / "lake_assets").rglob("*.py"), *(ROOT / "lake_assets").rglob("*.yaml")]
    named = {name for file in [*code, *PAGES] for name in VARIABLE.findall(file.read_text(encoding="utf-8"))}

    assert named == rows


def test_every_table_of_the_ledger_is_told_of() -> None:
    """Each table and view of the schema `lake_assets` is named on some page."""
    scripts = (ROOT / "lake_assets" / "ledger" / "migrations").glob("*.sql")
    tables = {name for file in scripts for name in TABLE.findall(file.read_text(encoding="utf-8"))}
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert len(tables) > 10
    assert {name for name in tables if f"lake_assets.{name}" not in told} == set()


def test_the_lines_of_the_doctor_are_on_the_page() -> None:
    """The table of what `doctor` looks at has its lines, in their order."""
    page = COMMANDS.read_text(encoding="utf-8")
    section = page.partition("\n## `lake-assets doctor`")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == ["lake_assets", "settings", *CHECKS]
