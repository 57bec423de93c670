"""Which columns a table has, and how its files are read: decided from its survey.

What becomes of it in YAML is `emit`'s; whether a first record is a header is judged in `headers`.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from lake_assets.discover.headers import Judgement, judge, judge_by_others
from lake_assets.discover.names import column_name
from lake_assets.discover.profile import ColumnProfile
from lake_assets.discover.survey import Group, Survey
from lake_assets.discover.wide import Reach
from lake_assets.readers.dialect import OP

LEAST_PART = 0.05  # of a table's records that must have a width for it to be the table's
MOST_JUDGED = 5
# A column must not be named like a cell of a first record, or the loader would see a header there.
PLACE_STEMS = ("column", "field", "cell", "place", "c", "f", "p", "q")
ColumnKey = tuple[str, int]  # the header's name; its place, or 0 where the name alone tells it
NAMED = Judgement("header", "JSON lines and Parquet name their columns")
NO_HEADER = Judgement("data", "the first records are data")


@dataclass(frozen=True)
class FoundColumn:
    """A column of a table.

    Attributes:
        name: its name in the warehouse.
        source_name: the file's name for it.
        position: its place, where the file's name does not tell it.
        profile: what its cells are like.
    """

    name: str
    source_name: str
    position: int | None
    profile: ColumnProfile


@dataclass(frozen=True)
class Shape:
    """How the files of a table are read.

    Attributes:
        columns: in file order, without Op.
        header: what the first records are, and why.
        expected: for each group's key, whether its files have a header and an Op column.
        letters: how often each letter stands in Op columns.
        records: how many records the columns were found in.
        widths: how many records have how many cells, Op left aside.
        reach: how far the columns of a very wide table reach in a row of PostgreSQL.
    """

    columns: tuple[FoundColumn, ...]
    header: Judgement
    expected: dict[object, tuple[bool, bool]]
    letters: Counter[str] = field(default_factory=Counter)
    records: int = 0
    widths: Counter[int] = field(default_factory=Counter)
    reach: Reach = field(default_factory=Reach)


def judge_first_records(survey: Survey) -> tuple[Judgement, list[Group]]:
    """Judge the first records of a table by the table itself.

    Returns:
        The judgement, and the groups it speaks of.
    """
    everything = list(survey.groups.values())
    if named := [group for group in everything if group.named]:
        alike = [group for group in everything if any(_names_alike(group, other) for other in named)]
        return NAMED, [group for group in everything if group.named or any(group is one for one in alike)]
    by_names: dict[tuple[str, ...], list[Group]] = {}
    for group in everything:
        if group.first is not None:
            by_names.setdefault(group.names, []).append(group)
    ranked = sorted(by_names.values(), key=lambda alike: -sum(group.files for group in alike))
    judged = [(judge(alike, everything), alike) for alike in ranked[:MOST_JUDGED]]
    for verdict in ("header", "unsure"):
        for judgement, alike in judged:
            if judgement.verdict == verdict:
                return judgement, [group for group in everything if _names_alike(group, alike[0])]
    return judged[0] if judged else (NO_HEADER, [])


def _names_alike(group: Group, main: Group) -> bool:
    """Tell whether the loader will take a group's first record for a header, given another's names."""
    if group.first is None:
        return False
    known = set(map(str.casefold, main.names))
    hits = sum(name.casefold() in known for name in group.names)
    return 2 * hits >= len(group.names)


def settle(
    survey: Survey, judgement: Judgement, groups: list[Group], *, with_header: int, without: int
) -> Shape:
    """Decide on the columns of a table.

    Args:
        survey: what its files hold.
        judgement: of its first records.
        groups: those it speaks of.
        with_header: how many tables of the source have a header for sure.
        without: how many have none for sure.
    """
    if judgement.verdict == "unsure":
        judgement = judge_by_others(groups[0].names, with_header, without)
    headed = groups if judgement.verdict == "header" else []
    reach = reduce(Reach.joined, (group.reach for group in survey.groups.values()))
    headed_ids = set(map(id, headed))
    plain = {key: group.with_first() for key, group in survey.groups.items() if id(group) not in headed_ids}
    if headed:
        return replace(_by_name(survey, judgement, headed, plain), reach=reach)
    return replace(_by_place(judgement, plain, survey.place_names), reach=reach)


def _by_name(
    survey: Survey, judgement: Judgement, headed: Sequence[Group], plain: dict[object, Group]
) -> Shape:
    op_is_data = any(
        group.first and group.first[0].casefold() == OP and not group.begins_with_op for group in headed
    )
    keys = [key for key, group in survey.groups.items() if any(group is other for other in headed)]
    ordered = sorted(headed, key=lambda group: -group.records)
    columns: dict[ColumnKey, ColumnProfile] = {}
    letters: Counter[str] = Counter()
    for group in ordered:
        op = group.begins_with_op and not op_is_data
        letters += (group.letters or Counter()) if op else Counter()
        names = group.names if op or not group.begins_with_op else (group.first or ())
        for name, column in zip(_keys(names, columns), group.columns[op:], strict=True):
            columns[name] = columns[name].joined(column) if name in columns else column
    expected = {key: (True, survey.groups[key].begins_with_op and not op_is_data) for key in keys}
    ops = _ops(list(plain.values()))
    for (key, group), op in zip(plain.items(), ops, strict=True):
        expected[key] = (False, op)
        letters += (group.letters or Counter()) if op else Counter()
        for name, column in zip(list(columns), group.columns[op:], strict=False):
            columns[name] = columns[name].joined(column)
    groups = [*headed, *plain.values()]
    return Shape(
        tuple(_named(columns)),
        judgement,
        expected,
        letters,
        sum(group.records for group in groups),
        _widths(groups, [*(expected[key][1] for key in keys), *ops]),
    )


def _keys(names: Sequence[str], known: Iterable[ColumnKey]) -> list[ColumnKey]:
    """Give what tells the columns of a header apart: their names, and their places where names do not."""
    spelled = {name.casefold(): name for name, place in known if not place}
    keys: list[ColumnKey] = []
    for place, name in enumerate(names, 1):
        same = spelled.get(name.casefold(), name)
        key = (name, 0) if (name, 0) in known or same in names else (same, 0)
        keys.append((name, place) if not name or key in keys else key)
    return keys


def _named(columns: dict[ColumnKey, ColumnProfile]) -> Iterable[FoundColumn]:
    headers = {name for name, _ in columns}
    taken: set[str] = set()
    for order, ((header, position), profile) in enumerate(columns.items(), 1):
        if position:
            name = column_name(header, position, taken | headers)
            yield FoundColumn(name, name, position, profile)
        else:
            name = column_name(header, order, taken)
            yield FoundColumn(name, header, None, profile)
        taken.add(name)


def _by_place(judgement: Judgement, groups: dict[object, Group], place_names: Container[str]) -> Shape:
    ops = _ops(list(groups.values()))
    due = _due_width(list(groups.values()), ops)
    columns = [ColumnProfile() for _ in range(due)]
    letters: Counter[str] = Counter()
    seen = [False] * due
    for group, op in sorted(zip(groups.values(), ops, strict=True), key=lambda pair: -pair[0].records):
        letters += (group.letters or Counter()) if op else Counter()
        for place, column in enumerate(group.columns[op:][:due]):
            columns[place] = columns[place].joined(column) if seen[place] else column
            seen[place] = True
    places = range(1, due + 1)
    free = (stem for stem in PLACE_STEMS if not any(f"{stem}_{place}" in place_names for place in places))
    stem = next(free, PLACE_STEMS[0])
    named = ((f"{stem}_{place}", column) for place, column in enumerate(columns, 1))
    found = tuple(FoundColumn(name, name, None, column) for name, column in named)
    return Shape(
        found,
        judgement,
        {key: (False, op) for key, op in zip(groups, ops, strict=True)},
        letters,
        sum(group.records for group in groups.values()),
        _widths(list(groups.values()), ops),
    )


def _widths(groups: Sequence[Group], ops: Sequence[bool]) -> Counter[int]:
    widths: Counter[int] = Counter()
    for group, op in zip(groups, ops, strict=True):
        widths[group.width - op] += group.records
    return widths


def _ops(groups: Sequence[Group]) -> list[bool]:
    """Tell for each group without a header whether its records begin with DMS's Op.

    Changes have it unless the endpoint says otherwise; full loads only with IncludeOpForFullLoad (DMS guide,
    "Indicating source DB operations in migrated S3 data").
    """
    bare_widths = {group.width for group in groups if group.kind == "full" and not group.is_lettered()}
    changes = [
        group.kind == "cdc" and group.is_lettered() and group.width not in bare_widths for group in groups
    ]
    change_widths = {group.width for group, op in zip(groups, changes, strict=True) if op}
    any_change = any(group.kind == "cdc" for group in groups)
    return [
        op
        or (
            group.kind == "full"
            and (group.is_lettered(least=1 if any_change else 2))
            and (group.width in change_widths or not any_change)
        )
        for group, op in zip(groups, changes, strict=True)
    ]


def _due_width(groups: Sequence[Group], ops: Sequence[bool]) -> int:
    """Give the number of columns with which the loader reads every group as it is meant to be read."""
    widths = _widths(groups, ops)
    total = max(widths.total(), 1)
    often = [width for width in widths if widths[width] >= LEAST_PART * total]
    most = max(widths, key=lambda width: (widths[width], width))
    for due in [*sorted(often, reverse=True), most]:
        told = [group.width != due and group.is_lettered() for group in groups]
        if told == list(ops):
            return due
    return most
