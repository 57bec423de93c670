"""Documents become columns and child tables: which paths, under which names, and why.

What lies at the paths was gathered by `tree`; what type that makes is told by `leaves`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lake_assets.catalog.values import LONGEST_NAME
from lake_assets.discover.classes import TEXT
from lake_assets.discover.emit import ChildText, ColumnText, TableText, write_path
from lake_assets.discover.leaves import JSONB, is_mixed, leaf_type, why_leaf
from lake_assets.discover.names import column_name, plain_name
from lake_assets.discover.profile import ColumnProfile
from lake_assets.discover.tree import ARRAY, MOST_KEYS, OBJECT, Documents, Node
from lake_assets.discover.wide import WIDE
from lake_assets.pluralize import pluralize

MOST_COLUMNS = MOST_KEYS  # made of the documents of one table, or of the elements of one child
MOST_CHILDREN = 20  # of one table, at any depth
DEEPEST_CHILD = 3
LONG = 100  # elements of an array of single values, above which they are rows
KEYS_OF_DATA = 50  # keys of an object; more, of which each object has few, are data
FEW = 10  # a tenth of them; and more numbers or identifiers than that are data too
CUT = "cut off"
MOST_BROKEN = 20  # one in so many texts that are cut off
DOCUMENT = "_doc"
_IDENTIFIER = re.compile(r"[0-9]+|[0-9a-f]{24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Path = tuple[str, ...]


def why_shut(name: str, profile: ColumnProfile, null: str) -> str | None:
    """Say why a column's documents stay closed; None if they can be opened, empty if it has none.

    Args:
        name: the file's name for it.
        profile: what its cells are like.
        null: the text that means NULL.
    """
    documents = profile.documents
    if (
        documents is None
        or documents.wrapped
        or not _is_sound(name, documents, broken_in(name, profile, null))
    ):
        return ""
    root = documents.root
    if is_mixed(root) and name != DOCUMENT:
        return "objects and arrays"
    if OBJECT in root.kinds:
        return _why_closed(root, "document") or (None if root.keys else "no document has a key")
    return None if _is_child(root) else "arrays of single values, or of values that differ"


def broken_in(name: str, profile: ColumnProfile, null: str) -> Counter[str]:
    """Count the cells of a column of documents that hold none, by reason.

    Args:
        name: the file's name for the column; MongoDB's documents are objects, and no arrays.
        profile: what its cells are like.
        null: the text that means NULL.
    """
    broken = Counter(profile.documents.unreadable if profile.documents else {})
    broken["broken JSON"] += sum(count for text, count in profile.bare.items() if text != null)
    if name == DOCUMENT and profile.documents and OBJECT in profile.documents.root.kinds:
        broken["an array"] += profile.documents.root.kinds[ARRAY]
    return +broken


def _is_sound(name: str, documents: Documents, broken: Counter[str]) -> bool:
    """Tell whether so few documents are broken that these may go to quarantine."""
    read = documents.root.count - broken["an array"]
    if name == DOCUMENT:
        return read > 0 and broken.total() <= read
    return read > 0 and broken.keys() <= {CUT} and MOST_BROKEN * broken[CUT] <= read


def _why_closed(node: Node, whole: str) -> str | None:
    """Say why the objects at a place are not opened."""
    if node.closed:
        return node.closed
    if len(node.keys) > FEW and all(map(_IDENTIFIER.fullmatch, node.keys)):
        return f"its {len(node.keys):,} keys are numbers or identifiers"
    filled = sum(below.count + below.nulls for below in node.keys.values())
    if len(node.keys) > KEYS_OF_DATA and FEW * filled < len(node.keys) * node.kinds[OBJECT]:
        return f"{pluralize(len(node.keys), 'key')}, few of them in each {whole}"
    return None


def _is_child(node: Node) -> bool:
    """Tell whether each element of the arrays here can be a row."""
    element = node.element
    return (
        node.kinds.keys() == {ARRAY}
        and element is not None
        and element.kinds.keys() == {OBJECT}
        and bool(element.keys)
        and _why_closed(element, "element") is None
    ) or (node.kinds.keys() == {ARRAY} and node.longest > LONG and _is_scalar(element))


def _is_scalar(node: Node | None) -> bool:
    return node is not None and bool(node.kinds) and not node.kinds.keys() & {OBJECT, ARRAY}


@dataclass
class _Names:
    """Names of the columns of one table, with whose they are."""

    owners: dict[str, str] = field(default_factory=dict)

    def name(self, prefix: str, path: Path) -> tuple[str, str]:
        """Name a column; give what is to be said if its plain name is another's."""
        wish = "_".join(filter(None, [prefix, *map(_plain, path)]))
        name = column_name(wish or "value", len(self.owners) + 1, self.owners)
        plain = column_name(wish or "value", len(self.owners) + 1, ())
        said = "" if name == plain else f"{plain} is {self.owners[plain]}"
        self.owners[name] = write_path(path) if path else name
        return name, said


def _plain(key: str) -> str:
    """Give a key as a part of a name: what is no letter, digit or _ is cut off or becomes _."""
    plain = re.sub(r"\W+", "_", key)
    return plain if plain == key else plain.strip("_")


@dataclass
class Opening:
    """Opens the documents of one table.

    Attributes:
        table: its name.
        is_taken: whether the warehouse has such a table already.
        children: how many child tables it may still have.
    """

    table: str
    is_taken: Callable[[str], bool]
    children: int = MOST_CHILDREN
    made: set[str] = field(default_factory=set)

    def open(self, table: TableText, profiles: Mapping[str, ColumnProfile], null: str) -> TableText:
        """Give a table with the columns and child tables that its documents make.

        Args:
            table: with the columns of its files.
            profiles: what they hold, by the file's name for them.
            null: the text that means NULL.
        """
        columns = [column for column in table.columns if column.path is None]
        names = _Names({column.name: f"the file's column {column.source_name}" for column in columns})
        room = min(MOST_COLUMNS, WIDE - len(columns))
        opened: list[ColumnText] = []
        children: list[ChildText] = []
        trees = self._trees(columns, profiles, null)
        for column, documents, shut in trees:
            why = shut
            if why is None and len(documents.root.keys) > room - len(opened):
                why = f"no room for its {pluralize(len(documents.root.keys), 'key')}"
            broken = broken_in(column.source_name, profiles[column.source_name], null)
            kept_as = TEXT if documents.lossy else JSONB
            columns[columns.index(column)] = replace(
                column, type=kept_as, why=_why_whole(documents, broken, why)
            )
            if why is None:
                prefix = "" if column.source_name == DOCUMENT or len(columns) < 3 else column.name  # noqa: PLR2004
                kinds = documents.root.kinds
                total = kinds[OBJECT] or kinds[ARRAY]
                work = _Work(self, (column.source_name,), total, "document", prefix, names)
                if OBJECT in kinds:
                    work.room = room - len(opened)
                    work.open_object(documents.root, ())
                else:
                    work.add_child(documents.root, (), self.table, 1)
                opened += work.columns
                children += work.children
        return replace(table, columns=(*columns, *opened), children=tuple(children))

    def _trees(
        self, columns: Sequence[ColumnText], profiles: Mapping[str, ColumnProfile], null: str
    ) -> Iterator[tuple[ColumnText, Documents, str | None]]:
        for column in list(columns):
            profile = profiles.get(column.source_name)
            why = "" if profile is None else why_shut(column.source_name, profile, null)
            if why != "" and profile and profile.documents:
                yield column, profile.documents, why

    def child_name(self, above: str, path: Path, column: str) -> str | None:
        """Name a child table; None where the names above leave no room."""
        prefix = f"{above}__"
        wish = "_".join(filter(None, map(_plain, path))) or column.removeprefix("array_")
        room = LONGEST_NAME - len(prefix.encode())
        if room < 8:  # noqa: PLR2004 # names that say something are longer
            return None

        def taken(name: str) -> bool:
            full = prefix + name
            return full in self.made or self.is_taken(full) or len(name) > room

        plain = plain_name(wish, "elements", lambda _: False)
        name = plain_name(plain[: room - 3], "elements", taken) if len(plain) > room - 3 else plain
        name = plain_name(name, "elements", taken)
        self.made.add(prefix + name)
        return name


def _why_whole(documents: Documents, broken: Counter[str], why: str | None) -> str:
    """Say what the column is that keeps the documents whole."""
    kept = (
        f"kept to the byte: {pluralize(documents.lossy, 'document')} would not come back from jsonb as it was"
        if documents.lossy
        else "the whole document; blanks and the order of keys are not kept"
    )
    said = [kept]
    for reason, count in broken.items():
        said.append(f"{pluralize(count, 'document')} for quarantine: {reason}")
    if why:
        said.append(f"not opened: {why}")
    return "; ".join(said)


@dataclass
class _Work:
    """Makes the columns of one table, or of one child."""

    opening: Opening
    base: Path
    total: int
    whole: str
    prefix: str
    names: _Names
    depth: int = 0
    above: str = ""
    room: int = MOST_COLUMNS
    columns: list[ColumnText] = field(default_factory=list)
    children: list[ChildText] = field(default_factory=list)

    def open_object(self, node: Node, path: Path) -> None:
        """Make columns of what lies below an object; each of its keys takes at least one."""
        self.room -= len(node.keys)
        for key, below in node.keys.items():
            self._open(below, (*path, key))

    def _open(self, node: Node, path: Path) -> None:
        if node.kinds.keys() == {OBJECT} and node.keys:
            why = _why_closed(node, self.whole)
            if why is None and len(node.keys) - 1 > self.room:
                why = f"no room for its {pluralize(len(node.keys), 'key')}"
            if why is None:
                self.room += 1
                self.open_object(node, path)
                return
            self._add(node, path, f"objects, not opened: {why}")
        elif _is_child(node):
            if why := self._why_no_child():
                self._add(node, path, f"arrays of at most {node.longest:,}: {why}")
            else:
                self.add_child(node, path, self.above or self.opening.table, self.depth + 1)
        else:
            self._add(node, path, _why_tree(node, self.whole))

    def _add(self, node: Node, path: Path, why: str) -> None:
        name, said = self.names.name(self.prefix, path)
        reason = why_leaf(node, self.total, self.whole)
        full = (*self.base, *path)
        comment = "; ".join(filter(None, [reason, why, said]))
        is_key = self.depth > 0 and len(full) == 1  # of an element, which needs no path
        source_name = full[0] if is_key else write_path(full)
        placed = None if is_key else full
        self.columns.append(ColumnText(name, leaf_type(node), source_name, None, comment, placed))

    def _why_no_child(self) -> str | None:
        if self.depth >= DEEPEST_CHILD:
            return f"more than {DEEPEST_CHILD} arrays inside each other"
        return None if self.opening.children else f"more than {MOST_CHILDREN} child tables"

    def add_child(self, node: Node, path: Path, above: str, depth: int) -> None:
        """Make a child table of arrays."""
        name = self.opening.child_name(above, path, "_".join(self.base) if not self.depth else "")
        element = node.element
        if name is None or element is None:
            self._add(node, path, "arrays; the names above leave no room for a table's")
            return
        self.opening.children -= 1
        total = element.count + element.nulls
        work = _Work(
            self.opening, (), total, "element", "", _Names(), depth, f"{above}__{name}", MOST_COLUMNS
        )
        if OBJECT in element.kinds:
            work.open_object(element, ())
        else:
            work._add(element, (), "")
        if not work.columns:  # nothing but arrays in the elements, and a table has a column
            work._add(element, (), "the element itself")
        place = (*self.base, *path)
        why = f"{pluralize(total, 'element')} in {pluralize(node.kinds[ARRAY], self.whole)}"
        why += f", at most {node.longest:,} in one"
        self.children.append(ChildText(name, place, tuple(work.columns), tuple(work.children), why))


def _why_tree(node: Node, whole: str) -> str:
    """Say why arrays and objects stay as they are."""
    if node.kinds.keys() == {OBJECT}:
        closed = _why_closed(node, whole)
        return f"objects, not opened: {closed}" if closed else "objects without a key"
    if node.kinds.keys() != {ARRAY}:
        return ""
    if node.element is None or not node.element.count:
        return "arrays without an element" if not node.longest else "arrays of nothing but null"
    return f"arrays of at most {pluralize(node.longest, 'element')}"
