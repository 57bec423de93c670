"""Documents become columns and child tables: which paths, under which names, and why.

What lies at the paths was gathered by `cells.json_tree`; which documents can be opened is told by
`infer.document_shapes`, and what type a path makes by `infer.path_types`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from lake_assets.discover.cells.cell_classes import TEXT
from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.cells.json_tree import ARRAY, MOST_KEYS, OBJECT, Documents, Node
from lake_assets.discover.cells.row_size import WIDE
from lake_assets.discover.infer.document_shapes import (
    DOCUMENT,
    broken_documents,
    holds_documents,
    is_child,
    why_closed,
    why_not_opened,
)
from lake_assets.discover.infer.path_types import JSONB, path_type, why_path_type
from lake_assets.discover.write.catalog_yaml import write_path
from lake_assets.discover.write.path_names import ColumnNames, child_name
from lake_assets.discover.write.proposals import Path, ProposedChild, ProposedColumn, ProposedTable
from lake_assets.pluralize import pluralize

# Made of the documents of one table, or of the elements of one child. It is so far below the 1597 of
# `catalog.values.MOST_COLUMNS` that the key and the index columns of a child always find room beside them.
MOST_MADE = MOST_KEYS
MOST_CHILDREN = 20  # of one table, at any depth
DEEPEST_CHILD = 3  # arrays inside each other; the names of deeper ones find no room
MANY_COLUMNS = 3  # of a file, beside which those of a document begin with its column's name


@dataclass
class DocumentOpener:
    """Opens the documents of one table.

    Attributes:
        table: its name.
        is_taken: whether the warehouse has such a table already.
        children_left: how many child tables it may still have.
        made: the whole names of its child tables.
    """

    table: str
    is_taken: Callable[[str], bool]
    children_left: int = MOST_CHILDREN
    made: set[str] = field(default_factory=set)

    def open(self, table: ProposedTable, profiles: Mapping[str, ColumnProfile], null: str) -> ProposedTable:
        """Return a table with the columns and child tables that its documents make.

        Args:
            table: with the columns of its files.
            profiles: what they hold, by the file's name for them.
            null: the text that means NULL.
        """
        columns = [column for column in table.columns if column.path is None]
        names = ColumnNames.of(columns)
        has_many = len(columns) >= MANY_COLUMNS
        room = min(MOST_MADE, WIDE - len(columns))
        made: list[ProposedColumn] = []
        children: list[ProposedChild] = []
        for place, column in enumerate(columns):
            profile = profiles.get(column.source_name)
            documents = _documents_of(column, profile, null)
            if profile is None or documents is None:
                continue
            left = room - len(made)
            why = why_not_opened(column.source_name, documents) or _why_no_room(documents.root, left)
            broken = broken_documents(column.source_name, profile, null)
            columns[place] = _keep_whole(column, documents, broken, why)
            if why is None:
                prefix = ""
                if has_many and column.source_name != DOCUMENT:
                    prefix = column.name
                maker = _ColumnMaker.of_column(self, column.source_name, documents.root, prefix, names)
                maker.open_document(documents.root, left)
                made += maker.columns
                children += maker.children
        return replace(table, columns=[*columns, *made], children=children)

    def name_child(self, above: str, path: Path, column: str) -> str | None:
        """Name a child table; None where the names above leave no room. Arguments are `child_name`'s."""
        name = child_name(above, path, column, self._has)
        if name is not None:
            self.made.add(f"{above}__{name}")
        return name

    def _has(self, whole_name: str) -> bool:
        return whole_name in self.made or self.is_taken(whole_name)


def _documents_of(column: ProposedColumn, profile: ColumnProfile | None, null: str) -> Documents | None:
    if profile is None or not holds_documents(column.source_name, profile, null):
        return None
    return profile.documents


def _why_no_room(node: Node, room: int) -> str | None:
    """Return why the keys of objects make no columns of their own; None if there is room for them."""
    if len(node.keys) <= room:
        return None
    return f"no room for its {pluralize(len(node.keys), 'key')}"


def _keep_whole(
    column: ProposedColumn, documents: Documents, broken: Counter[str], why: str | None
) -> ProposedColumn:
    """Return the column that keeps the documents whole; `why` they are not opened, None if they are."""
    if documents.lossy:
        lossy = pluralize(documents.lossy, "document")
        said = [f"kept to the byte: {lossy} would not come back from jsonb as it was"]
    else:
        said = ["the whole document; blanks and the order of keys are not kept"]
    for reason, count in broken.items():
        said.append(f"{pluralize(count, 'document')} for quarantine: {reason}")
    if why:
        said.append(f"not opened: {why}")
    return replace(column, type=TEXT if documents.lossy else JSONB, why="; ".join(said))


@dataclass
class _ColumnMaker:
    """Makes the columns of one table, or of one child.

    Attributes:
        opener: of the whole table.
        base: the path that all paths begin with.
        total: how many documents or elements there are.
        whole: what one of them is called.
        prefix: what the names of columns begin with.
        names: those that are there.
        depth: how many arrays the elements lie in; 0 for a table.
        above: the whole name of the table; of child tables it is the beginning.
        room: how many columns may still be made.
        columns: what was made.
        children: and the child tables.
    """

    opener: DocumentOpener
    base: Path
    total: int
    whole: str
    prefix: str
    names: ColumnNames
    depth: int
    above: str
    room: int = MOST_MADE
    columns: list[ProposedColumn] = field(default_factory=list)
    children: list[ProposedChild] = field(default_factory=list)

    @classmethod
    def of_column(
        cls, opener: DocumentOpener, file_column: str, root: Node, prefix: str, names: ColumnNames
    ) -> "_ColumnMaker":
        """Return the maker of what the documents of a file's column make."""
        return cls(
            opener=opener,
            base=(file_column,),
            total=root.kinds[OBJECT] or root.kinds[ARRAY],
            whole="document",
            prefix=prefix,
            names=names,
            depth=0,
            above=opener.table,
        )

    def open_document(self, root: Node, room: int) -> None:
        """Make so many columns of documents, or a child table where they are arrays."""
        if OBJECT in root.kinds:
            self.room = room
            self._open_object(root, ())
        else:
            self._add_child(root, ())

    def _open_object(self, node: Node, path: Path) -> None:
        """Make columns of what lies below an object; each of its keys takes at least one."""
        self.room -= len(node.keys)
        for key, below in node.keys.items():
            self._open(below, (*path, key))

    def _open(self, node: Node, path: Path) -> None:
        if node.kinds.keys() == {OBJECT} and node.keys:
            # The key itself has its column, which the first of those below it takes.
            why = why_closed(node, self.whole) or _why_no_room(node, self.room + 1)
            if why is None:
                self.room += 1
                self._open_object(node, path)
            else:
                self._add_column(node, path, f"objects, not opened: {why}")
        elif is_child(node):
            why = self._why_no_child()
            if why is None:
                self._add_child(node, path)
            else:
                self._add_column(node, path, f"arrays of at most {node.longest:,}: {why}")
        else:
            self._add_column(node, path, _why_kept(node, self.whole))

    def _add_column(self, node: Node, path: Path, why: str) -> None:
        name, said = self.names.name(self.prefix, path)
        reasons = [why_path_type(node, self.total, self.whole), why, said]
        whole_path = (*self.base, *path)
        is_key_of_element = self.depth > 0 and len(whole_path) == 1  # which needs no path
        column = ProposedColumn(
            name=name,
            type=path_type(node),
            source_name=whole_path[0] if is_key_of_element else write_path(whole_path),
            why="; ".join(filter(None, reasons)),
            path=None if is_key_of_element else whole_path,
        )
        self.columns.append(column)

    def _why_no_child(self) -> str | None:
        if self.depth >= DEEPEST_CHILD:
            return f"more than {DEEPEST_CHILD} arrays inside each other"
        if self.opener.children_left:
            return None
        return f"more than {MOST_CHILDREN} child tables"

    def _add_child(self, node: Node, path: Path) -> None:
        """Make a child table of arrays."""
        name = self.opener.name_child(self.above, path, "" if self.depth else "_".join(self.base))
        element = node.element
        if name is None or element is None:
            self._add_column(node, path, "arrays; the names above leave no room for a table's")
            return
        self.opener.children_left -= 1
        maker = self._maker_of_elements(element, f"{self.above}__{name}")
        maker.open_elements(element)
        why = f"{pluralize(maker.total, 'element')} in {pluralize(node.kinds[ARRAY], self.whole)}"
        child = ProposedChild(
            name=name,
            path=(*self.base, *path),
            columns=maker.columns,
            children=maker.children,
            why=f"{why}, at most {node.longest:,} in one",
        )
        self.children.append(child)

    def _maker_of_elements(self, element: Node, child: str) -> "_ColumnMaker":
        return _ColumnMaker(
            opener=self.opener,
            base=(),
            total=element.count + element.nulls,
            whole="element",
            prefix="",
            names=ColumnNames(),
            depth=self.depth + 1,
            above=child,
        )

    def open_elements(self, element: Node) -> None:
        """Make columns of the elements of arrays."""
        if OBJECT in element.kinds:
            self._open_object(element, ())
            if not self.columns:  # nothing but arrays in the elements, and a table has a column
                self._add_column(element, (), "the element itself")
        else:
            self._add_column(element, (), "")


def _why_kept(node: Node, whole: str) -> str:
    """Return why arrays and objects stay as they are; nothing for other values."""
    if node.kinds.keys() == {OBJECT}:
        closed = why_closed(node, whole)
        if closed:
            return f"objects, not opened: {closed}"
        return "objects without a key"
    if node.kinds.keys() != {ARRAY}:
        return ""
    if node.element is not None and node.element.count:
        return f"arrays of at most {pluralize(node.longest, 'element')}"
    if node.longest:
        return "arrays of nothing but null"
    return "arrays without an element"
