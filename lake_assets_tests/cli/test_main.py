"""Proves `cli.main`: the commands there are, and help that teaches them."""

import re
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from lake_assets.cli.main import main
from lake_assets.states.state import FINE, STATES


def commands(group: click.Group = main, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the words of every command, those of groups included."""
    for name, command in group.commands.items():
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))


EVERY_COMMAND = list(commands())


def help_of(*words: str) -> str:
    """Return the help of a command."""
    result = CliRunner().invoke(main, [*words, "--help"], terminal_width=100)
    assert result.exit_code == 0
    return result.stdout


def test_the_commands_are_those_there_are() -> None:
    """Every command of this version is there, in the order people need them."""
    assert [" ".join(words) for words in EVERY_COMMAND] == [
        "demo",
        "doctor",
        "discover",
        "load",
        "check",
        "status",
        "quarantine",
        "quarantine list",
        "quarantine retry",
        "quarantine export",
        "quarantine purge",
        "waive",
        "alerts",
        "alerts list",
        "alerts send",
        "alerts test",
    ]


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_help_has_examples_of_its_command(words: tuple[str, ...]) -> None:
    """Each command's help shows how it is called, in lines that can be copied."""
    lines = [line.strip() for line in help_of(*words).splitlines()]

    examples = [line for line in lines if line.startswith("lake-assets ")]
    assert examples
    assert all(line.startswith(f"lake-assets {' '.join(words)}") for line in examples)


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_examples_can_be_run(words: tuple[str, ...]) -> None:
    """Every option and argument of an example is one the command takes."""
    for line in help_of(*words).splitlines():
        if line.strip().startswith("lake-assets "):
            group: click.Command = main
            parts = line.split()[1:]
            while isinstance(group, click.Group):
                group = group.commands[parts.pop(0)]
            group.make_context("example", parts)


@pytest.mark.parametrize(
    "words", [words for words in EVERY_COMMAND if words not in {("quarantine",), ("alerts",)}], ids=" ".join
)
def test_help_tells_the_exit_statuses(words: tuple[str, ...]) -> None:
    """Each command's help says what its exit statuses mean."""
    assert re.search(r"Exit status 0: .*", help_of(*words))


def test_help_of_status_has_the_table_of_states() -> None:
    """Letter, name and meaning of each state are those of the table of states, in its order."""
    _, _, behind = help_of("status").partition("States:\n")
    listed, _, _ = behind.partition("\n\n")

    assert [line.strip() for line in listed.splitlines()] == [
        f"{info.letter} {info.name:<12} {info.meaning}" for info in STATES.values()
    ]


def test_help_of_status_names_the_states_that_need_nobody() -> None:
    """The states of which the exit status is 0 are those of the table of states."""
    text = " ".join(help_of("status").split())
    found = re.search(r"Exit status 0: every state is (.*?); 1:", text)

    assert found
    assert set(re.split(r", | or ", found[1])) == FINE


@pytest.mark.parametrize("words", [(), *EVERY_COMMAND], ids=" ".join)
def test_help_fits_80_columns(words: tuple[str, ...]) -> None:
    """No line of help is cut or wrapped in a terminal of 80 columns, and no short text is cut off."""
    shown = CliRunner().invoke(main, [*words, "--help"], terminal_width=80).stdout

    assert max(map(len, shown.splitlines())) <= 80
    assert "..." not in shown.replace("[OPTIONS] COMMAND [ARGS]...", "").replace("[TABLE]...", "").replace(
        "[SOURCE]...", ""
    )


@pytest.mark.parametrize(
    "words",
    [
        ("wave",),
        ("quarantine", "mend"),
        ("load", "--frm", "x"),
        ("quarantine", "purge", "--older-than", "90"),
        ("waive", "shop.orders", "--why", "no hour"),
        ("waive", "shop.orders", "2018-09-06T10", "--from", "2018-09-06T10", "--why", "both"),
        ("waive", "shop.orders", "2018-09-06T10", "--why", " "),
    ],
)
def test_what_is_not_there_is_status_2(words: tuple[str, ...]) -> None:
    """An unknown command or option is status 2, on stderr, and says how to get help."""
    result = CliRunner().invoke(main, words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--help' for help." in result.stderr


@pytest.mark.parametrize("words", [("status",), ("demo", "--no-ui")])
def test_without_the_embedded_stack_the_settings_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Where lake and warehouse are not set and the stack is not installed, both ways out are told."""
    monkeypatch.setitem(sys.modules, "psutil", None)
    for name in ("LAKE_ASSETS_LAKE", "LAKE_ASSETS_WAREHOUSE"):
        monkeypatch.delenv(name, raising=False)

    result = CliRunner().invoke(main, words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "The embedded stack is not installed" in result.stderr
    assert "Set both, or install it" in result.stderr


def test_the_version_is_told() -> None:
    """--version names program and version."""
    assert re.fullmatch(
        r"lake-assets, version \d+\.\d+\.\d+\n", CliRunner().invoke(main, ["--version"]).stdout
    )


def test_short_and_long_help_are_the_same() -> None:
    """-h is --help."""
    assert (
        CliRunner().invoke(main, ["load", "-h"]).stdout == CliRunner().invoke(main, ["load", "--help"]).stdout
    )
