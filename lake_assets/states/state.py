"""The states a table-hour can be in: one table of them, from which everybody reads.

What puts a table-hour into a state belongs to `decide`; how a state is drawn to the command line, the grid
and the alerts, each of which takes letter, colour and advice from here.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal[
    "expected", "missing", "quiet", "loaded", "quarantined", "failed", "mismatch", "stale", "waived"
]


@dataclass(frozen=True)
class StateInfo:
    """What everybody must know of a state.

    Attributes:
        name: the state.
        letter: one character for it, legible without colour.
        colour: its style in a terminal, as Rich names it.
        fill: its colour in pictures; people with any of the common colour blindnesses tell them apart
            (M. Okabe and K. Ito, "Color Universal Design").
        is_dark: whether white letters are legible on `fill`.
        needs_attention: whether somebody must look at the table-hour.
        is_loadable: whether a load can mend it; for a missing hour there is nothing to load.
        is_waivable: whether a person may accept it as it is.
        has_rows: whether its records are in main as they were loaded.
        meaning: what it means, in half a sentence.
        advice: what to do about it; empty where there is nothing to do.
    """

    name: State
    letter: str
    colour: str
    fill: str
    meaning: str
    is_dark: bool = False
    needs_attention: bool = False
    is_loadable: bool = False
    is_waivable: bool = False
    has_rows: bool = False
    advice: str = ""


STATES: dict[State, StateInfo] = {
    info.name: info
    for info in (
        StateInfo(
            name="loaded",
            letter="=",
            colour="green",
            fill="#009e73",
            is_dark=True,
            has_rows=True,
            meaning="every record is in main",
        ),
        StateInfo(
            name="quarantined",
            letter="Q",
            colour="yellow",
            fill="#e69f00",
            needs_attention=True,
            has_rows=True,
            meaning="loaded, and some records are in quarantine",
            advice="`lake-assets quarantine list` shows the records and the reasons.",
        ),
        StateInfo(
            name="missing",
            letter="M",
            colour="bold red",
            fill="#d55e00",
            is_dark=True,
            needs_attention=True,
            is_waivable=True,
            meaning="no file came, and one was due; or files went, with their rows",
            advice="see whether DMS runs and writes; `lake-assets load` takes files that come late, "
            "`lake-assets waive` accepts the hour.",
        ),
        StateInfo(
            name="failed",
            letter="F",
            colour="bold red",
            fill="#000000",
            is_dark=True,
            needs_attention=True,
            is_loadable=True,
            is_waivable=True,
            meaning="its load failed; main is as it was before",
            advice="mend what the line says; then `lake-assets load`, with the range if there was one.",
        ),
        StateInfo(
            name="mismatch",
            letter="X",
            colour="bold red",
            fill="#cc79a7",
            needs_attention=True,
            is_loadable=True,
            meaning="lake, ledger and main do not agree",
            advice="lake, ledger and main do not agree; `lake-assets load` loads these hours again.",
        ),
        StateInfo(
            name="stale",
            letter="S",
            colour="magenta",
            fill="#56b4e9",
            needs_attention=True,
            is_loadable=True,
            meaning="not loaded yet, or its files changed or vanished since",
            advice="`lake-assets load` loads these hours; where files vanished their rows stay, and somebody "
            "decides: `lake-assets load … --follow-vanished`, or `lake-assets waive`.",
        ),
        StateInfo(
            name="quiet",
            letter=".",
            colour="dim",
            fill="#d9d9d9",
            meaning="no file, and none was due",
        ),
        StateInfo(
            name="expected",
            letter="~",
            colour="cyan",
            fill="#ffffff",
            meaning="the hour is not over, or its files are not due yet",
        ),
        StateInfo(
            name="waived",
            letter="w",
            colour="blue",
            fill="#0072b2",
            is_dark=True,
            meaning="missing, failed or without its files, and accepted so",
        ),
    )
}
"""Every state, in the order in which legends name them."""

NEED_ATTENTION: frozenset[State] = frozenset(info.name for info in STATES.values() if info.needs_attention)
FINE: frozenset[State] = frozenset(STATES) - NEED_ATTENTION
"""The states that need nobody's attention."""

LOADABLE: frozenset[State] = frozenset(info.name for info in STATES.values() if info.is_loadable)
WAIVABLE: frozenset[State] = frozenset(info.name for info in STATES.values() if info.is_waivable)
WITH_ROWS: frozenset[State] = frozenset(info.name for info in STATES.values() if info.has_rows)

WELL: frozenset[State] = WITH_ROWS | {"quiet"}
"""What a load that did what it should can end in; records in quarantine are no failure of it."""
