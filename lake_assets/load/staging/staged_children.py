"""Child tables in staging: the rows that the elements of arrays inside documents become.

Moving them into their tables, and what the ledger says of them, belongs to `load.child_rows`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from lake_assets.catalog.models import Child, Table
from lake_assets.load.staging.columns import StagingPlan
from lake_assets.load.staging.document_expressions import INDEX, Leaf, ServerType
from lake_assets.load.staging.documents import EVERYTHING, opened_staging, title_of
from lake_assets.postgres import statement

ARRAY = ServerType("jsonb", "children")
AN_ARRAY = "an array"


@dataclass(frozen=True)
class StagedChild:
    """One child table, at any depth.

    Attributes:
        name: its table in the warehouse, such as `devices__parts`.
        plan: the staging table's columns.
        array: the place of the array, in the document or in an element of the child above.
        leaves: its own columns.
        above: the child whose elements hold the arrays; None below the table itself.
    """

    name: str
    plan: StagingPlan
    array: Leaf
    leaves: tuple[Leaf, ...]
    above: "StagedChild | None" = None

    @property
    def depth(self) -> int:
        """How many arrays an element lies in."""
        return 1 if self.above is None else self.above.depth + 1

    @property
    def index_names(self) -> list[str]:
        """The columns with the indexes of its elements, outermost first; its own is the last."""
        return index_names(self.depth)

    @property
    def indexes(self) -> sql.Composable:
        """The indexes of an element, as an array."""
        levels = [sql.Identifier(f"i{level}") for level in range(1, self.depth + 1)]
        return sql.SQL("ARRAY[{}]::bigint[]").format(sql.SQL(", ").join(levels))

    @property
    def outer_indexes(self) -> sql.Composable:
        """The indexes of what holds its arrays, as an array."""
        return self.above.indexes if self.above else sql.SQL("ARRAY[]::bigint[]")

    def parents(self, *, soft: bool = True, within: sql.Composable = EVERYTHING) -> sql.Composable:
        """Return what rows are selected from that hold one of its arrays each, under the name of its node.

        Args:
            soft: take what is no array for an empty one, where else it is an error.
            within: the condition of the staged records whose documents are read.
        """
        if self.above is not None:
            return self.above.elements(soft=soft, more=[self.array], within=within)
        nodes = [leaf.for_main for leaf in (*self.plan.leaves, self.array)]
        return opened_staging(self.plan.documents, nodes, within)

    def elements(
        self, *, soft: bool = False, more: Sequence[Leaf] = (), within: sql.Composable = EVERYTHING
    ) -> sql.Composable:
        """Return what rows are selected from that hold one of its elements each, with every node taken out.

        Args:
            soft: take what is no array for an empty one, where else it is an error.
            more: further places in the elements.
            within: the condition of the staged records whose documents are read.
        """
        element = sql.Identifier(f"e{self.depth}")
        # A leaf without a path is the element itself, which is taken anyway.
        leaves = [*(leaf for leaf in self.leaves if leaf.path), *more]
        nodes = [leaf.to_judge if soft else leaf.for_main for leaf in leaves]
        opened = statement(
            __package__,
            "open_elements",
            parents=self.parents(soft=soft, within=within),
            array=self.array.softly if soft else self.array.value,
            index=sql.Identifier(f"i{self.depth}"),
            element=element,
            taken=sql.SQL(", ").join([element, *nodes]),
        )
        return sql.SQL("({}) AS opened").format(opened)


def index_names(depth: int) -> list[str]:
    """Return the names of the columns with an element's indexes, outermost first; its own is the last."""
    outer = [f"_lake_index_{level}" for level in range(1, depth)]
    return [*outer, "_lake_index"]


def plan_children(
    table: Table, plan: StagingPlan, types: Mapping[str, ServerType]
) -> tuple[StagedChild, ...]:
    """Plan the child tables of a table, each before those of its own elements."""
    planned: list[StagedChild] = []
    for child in table.children:
        array = _array_in_document(child, plan)
        planned += _plan_child(child, f"{table.name}__{child.name}", plan, types, array, above=None)
    return tuple(planned)


def _plan_child(
    child: Child,
    name: str,
    plan: StagingPlan,
    types: Mapping[str, ServerType],
    array: Leaf,
    above: StagedChild | None,
) -> Iterator[StagedChild]:
    leaves = _plan_leaves(child, types, array, depth=1 if above is None else above.depth + 1)
    staged = StagedChild(name=name, plan=plan, array=array, leaves=leaves, above=above)
    yield staged
    for inner in child.children:
        inner_array = _array_in_element(inner, staged)
        yield from _plan_child(inner, f"{name}__{inner.name}", plan, types, inner_array, above=staged)


def _plan_leaves(child: Child, types: Mapping[str, ServerType], array: Leaf, depth: int) -> tuple[Leaf, ...]:
    """Plan the child's own columns; an element without a path is the value itself."""
    element = sql.Identifier(f"e{depth}")
    leaves = []
    for number, column in enumerate(child.columns, 1):
        path = (column.source_name,) if column.path is None else column.path
        leaf = Leaf(
            name=column.name,
            type=column.type,
            known=types[column.type],
            document=element,
            path=path,
            node=sql.Identifier(f"e{depth}n{number}") if path else element,
            title=_below(array.title, path),
        )
        leaves.append(leaf)
    return tuple(leaves)


def _array_in_document(child: Child, plan: StagingPlan) -> Leaf:
    column, *keys = child.path
    document = next(document for document in plan.documents if document.file_column == column)
    return Leaf(
        name=child.name,
        type=AN_ARRAY,
        known=ARRAY,
        document=document.opened,
        path=tuple(keys),
        node=sql.Identifier("a1"),
        title=title_of(child.path),
    )


def _array_in_element(child: Child, above: StagedChild) -> Leaf:
    return Leaf(
        name=child.name,
        type=AN_ARRAY,
        known=ARRAY,
        document=sql.Identifier(f"e{above.depth}"),
        path=child.path,
        node=sql.Identifier(f"a{above.depth + 1}"),
        title=_below(above.array.title, child.path),
    )


def _below(array: str, path: Sequence[str]) -> str:
    """Write the place of a path in the elements of an array."""
    element = f"{array}.{INDEX}"
    return f"{element}.{title_of(path)}" if path else element
