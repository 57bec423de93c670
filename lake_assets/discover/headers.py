"""Whether the first records of a table's files name its columns.

A header that is taken for data costs nothing but good names; data that is taken for a header is lost. So a
first record is data unless something speaks for the opposite: what stands below it, other files, or the other
tables of the source (DMS writes a header into all files of an endpoint, or into none: AddColumnName).
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from lake_assets.discover.batches import Cells
from lake_assets.discover.classes import (
    FIGURES,
    FLOAT,
    OTHER,
    QUOTED,
    SIMPLE,
    TEXT,
    TRUTH,
    class_of,
    type_of,
)
from lake_assets.discover.profile import ColumnProfile

if TYPE_CHECKING:
    from lake_assets.discover.survey import Group

Verdict = Literal["header", "data", "unsure"]

MOST_ALIKE = 2  # tables of one kind for each of the other, to speak for the rest of the source
MANY_ALIKE = 10  # with a header for each without, and names need not be usual: DMS writes it to all or none
LONGEST = 500  # characters of a name
NO_NAMES = frozenset(
    [
        *("n/a", "na", "nan", "null", "none", "nil", "undefined", "true", "false", "unk"),
        *("inf", "infinity", "tbd", "n.a.", "#n/a", "(null)", "<null>", "(blank)"),
        *("-", "--", "---", "?", "??", ".", "..", "...", "*", "/", "\N{EN DASH}", "\N{EM DASH}", "\\n"),
    ]
)
_USUAL_NAMES = """
id uuid key name first_name last_name first last full_name surname value type kind class group
date time timestamp datetime year month day hour week created_at updated_at start end from to
code title status description text note notes comment comments label tag tags message content
city town country state province county zip postcode postal_code street address region place location
email phone url link website ip lat lon lng latitude longitude price amount quantity total count number
cost rate score rank percent unit units user username person customer product item order author gender sex
age company department category currency language lang nationality population area version color colour
shape size weight height width length depth source target species genus family variable measure index
file path format subject topic brand model make job role position team player result reason question answer
"""
USUAL = frozenset(_USUAL_NAMES.split())
_USUAL_FORM = re.compile(
    r"(?:col|column|field|var|[a-z])[ _]?[0-9]+|\w+[ _](?:id|at|name|date|code|type|key|no)"
    r"|[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_NAME = re.compile(r"[^\W\d][\w .\-/()#%&:]{0,60}")
_NUMBERS = frozenset({"whole", "unsigned", "long", "decimal", "scientific", FLOAT})
_TRUTHS = frozenset({"word", TRUTH})
_FIGURES = frozenset(SIMPLE) - {"uuid", "t", "f", *_TRUTHS}


@dataclass(frozen=True)
class Judgement:
    """What a first record is taken for, and why."""

    verdict: Verdict
    why: str


def may_be_header(first: Cells) -> bool:
    """Tell whether a first record could be the names of columns."""
    names = [cell for cell in first if cell not in {"", QUOTED}]
    if not names or 2 * len(names) < len(first) or 2 * len(set(names)) < len(names):
        return False
    return any(_is_name(name) and any(map(str.isalpha, name)) for name in names) and all(
        _is_name(name) or _YEAR.fullmatch(name) for name in names
    )


def _is_name(cell: str) -> bool:
    return (
        len(cell) <= LONGEST
        and not cell.startswith(QUOTED)
        and "\ufffd" not in cell
        and cell.strip().casefold() not in NO_NAMES
        and class_of(cell) in {OTHER, "t", "f"}
        and (any(map(str.isalpha, cell)) or not any(map(str.isdigit, cell)))
    )


def judge(groups: Sequence["Group"], all_groups: Sequence["Group"]) -> Judgement:
    """Judge a first record by its own table.

    Args:
        groups: those whose files begin with it, with or without Op.
        all_groups: all of the table.
    """
    if any(group.begins_with_op for group in groups):
        return Judgement("header", "it begins with Op")
    names = groups[0].names
    elsewhere = [group.with_first() for group in all_groups if all(group is not mine for mine in groups)]
    alike, unlike = _compare(names, _joined(len(names), [*groups, *elsewhere]))
    if alike:
        return Judgement("data", f"its {alike[0]!r} is like the cells below it")
    again = {name for group in groups for name in group.repeated_names}
    usual = _count_usual(names)
    believed = unlike and usual == len(names)
    if (len(again) > len(unlike) and not believed) or (again and len(unlike) == 1 and 2 * usual < len(names)):
        return Judgement("data", f"its {min(again)!r} stands again in that column below")
    if unlike:
        return Judgement("header", f"its {unlike[0]!r} is unlike the cells below it")
    return _judge_by_files(groups, all_groups)


def _judge_by_files(groups: Sequence["Group"], all_groups: Sequence["Group"]) -> Judgement:
    copies = len(set().union(*(group.etags for group in groups)))
    files, alike = (sum(group.files for group in some) for some in (all_groups, groups))
    if copies > 1 and alike == files:
        return Judgement("header", f"all {files} files begin with it")
    if 2 * alike < files:
        return Judgement("data", f"only one of {files} files begins with it")
    return Judgement("unsure", "its cells and those below are texts alike")


def judge_by_others(names: Cells, with_header: int, without: int) -> Judgement:
    """Judge a first record that its own table says nothing of.

    Args:
        names: its cells, without Op.
        with_header: how many tables of the source have a header for sure.
        without: how many have none for sure.
    """
    look = [name for name in names if name]
    if without and without >= MOST_ALIKE * with_header:
        return Judgement("data", "the source's other tables have no header")
    if not all(_NAME.fullmatch(name) or _YEAR.fullmatch(name) for name in look):
        return Judgement("data", "nothing tells it from the records below")
    usual = _count_usual(look)
    if with_header and not without and usual:
        return Judgement("header", "all of the source's other tables have one")
    if with_header >= max(MANY_ALIKE, MANY_ALIKE * without):
        return Judgement("header", f"{with_header} of the source's other tables have one")
    if 2 * usual >= len(look) and (len(look) > 1 or with_header >= MOST_ALIKE * without > 0):
        return Judgement("header", f"{usual} of {len(look)} names are usual for columns")
    return Judgement("data", "nothing tells it from the records below, and in doubt it is a row")


def _count_usual(names: Sequence[str]) -> int:
    """Count the names that are usual for columns; letters are, if they follow each other as a, b, c do."""
    folded = [name.strip().casefold() for name in names]
    letters = [name for name in folded if len(name) == 1 and name.isalpha()]
    run = len(letters) > 1 and all(ord(later) == ord(letter) + 1 for letter, later in pairwise(letters))
    named = (name.replace(" ", "_") in USUAL or _USUAL_FORM.fullmatch(name) is not None for name in folded)
    return sum(named) + len(letters) * run


def _joined(width: int, groups: Sequence["Group"]) -> list[ColumnProfile]:
    """Give what stands in the columns of so many cells, Op left aside."""
    joined = [ColumnProfile() for _ in range(width)]
    for group in groups:
        if group.width in {width, width + 1}:
            columns = group.columns[group.width - width :]
            joined = [before.joined(column) for before, column in zip(joined, columns, strict=True)]
    return joined


def _first_cells(column: ColumnProfile) -> list[str]:
    return [example.value for example in column.examples.values()]


def _compare(names: Cells, below: Sequence[ColumnProfile]) -> tuple[list[str], list[str]]:
    """Give the names that could be cells of their columns' types, and those that could not."""
    alike: list[str] = []
    unlike: list[str] = []
    years: list[str] = []
    for name, column in zip(names, below, strict=True):
        classes = column.examples.keys()
        if not name or not classes:
            continue
        kind = class_of(name)
        if _YEAR.fullmatch(name) and not any(map(_YEAR.fullmatch, _first_cells(column))):
            years.append(name)  # a table of figures by year
            continue
        if type_of(classes) != TEXT:
            (alike if type_of(classes | {kind}) != TEXT else unlike).append(name)
        elif _is_above(kind, classes) or (
            classes <= _FIGURES and FIGURES in classes and not any(map(str.isdigit, name))
        ):
            unlike.append(name)
    steps = {int(later) - int(year) for year, later in pairwise(years)}
    return alike, unlike + (years if len(steps) == 1 and steps <= {1, -1} else [])


def _is_above(kind: str, classes: AbstractSet[str]) -> bool:
    """Tell whether a word stands above numbers, or above truth values, that no type keeps as they are."""
    return any(classes <= kinds and kind not in {*kinds, FIGURES} for kinds in (_NUMBERS, _TRUTHS))
