"""What the documents of a JSON column hold, path by path, gathered while the files are read.

Memory has a limit: an object of too many keys, and what lies too deep, is counted and not looked into. Which
columns and tables come of it is decided in `infer.document_shapes` and `write.documents`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from lake_assets.discover.cells.cell_classes import OTHER, block_pattern, class_of
from lake_assets.discover.cells.extended_json import date_fits, uuid_fits, wrapper_of
from lake_assets.discover.cells.json_decoder import DocumentDecoder, Number, UnreadableError
from lake_assets.discover.cells.json_numbers import (
    DOUBLE,
    NUMBER,
    NUMBER_KINDS,
    number_class,
    survives_as_double,
)

DEEPEST = 6  # keys below each other; deeper ones make names that nobody reads
MOST_KEYS = 300  # of one object; more are data
MOST_PLACES = 5000  # paths that are watched in one column, for the sake of memory
SHORT = 16  # characters; a double keeps every number of fewer digits
OBJECT, ARRAY, STRING, BOOLEAN = "object", "array", "string", "boolean"
BEGINNINGS = ("{", "[")

TOO_MANY_KEYS = f"more than {MOST_KEYS} keys"
TOO_DEEP = f"more than {DEEPEST} keys deep"
NO_OBJECT = "no object"
NO_ROOM = f"the documents have more than {MOST_PLACES:,} paths"


@dataclass
class Node:
    """What lies at one path of all documents.

    Attributes:
        kinds: how often each kind of value stands here: a JSON type, or a wrapper of extended JSON.
        nulls: how often `null` does.
        texts: the first text of each class that was seen.
        numbers: the first number of each class.
        doubles: a `double precision` gives back every number as it is written.
        unfit: dates beyond PostgreSQL's times, and binary data that are no UUIDs.
        keys: what lies below the objects.
        closed: why the objects are not looked into; None if they are.
        element: what lies in the arrays; None before the first element.
        longest: how many elements the longest array has.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    nulls: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    doubles: bool = True
    unfit: int = 0
    keys: dict[str, "Node"] = field(default_factory=dict)
    closed: str | None = None
    element: "Node | None" = None
    longest: int = 0

    @property
    def count(self) -> int:
        """How often something stands here that is not null."""
        return self.kinds.total()

    def size(self) -> int:
        """Return how many paths begin here, this one included."""
        below = sum(node.size() for node in self.keys.values())
        elements = 0
        if self.element:
            elements = self.element.size()
        return 1 + below + elements

    def close(self, why: str) -> int:
        """Look no further into the objects here; return the number of paths that are forgotten."""
        forgotten = sum(node.size() for node in self.keys.values())
        self.keys.clear()
        self.closed = why
        return forgotten

    def note_text(self, text: str) -> None:
        """Take in a text."""
        if OTHER in self.texts:
            return
        if len(self.texts) == 1:
            pattern = block_pattern(frozenset(self.texts))
            if pattern and pattern.fullmatch(f"{text}\0"):
                return
        self.texts.setdefault(class_of(text), text)

    def note_number(self, wrapper: str, text: str) -> None:
        """Take in a number: of JSON itself, or in a wrapper."""
        if len(text) < SHORT and wrapper != DOUBLE and text.isascii():
            if text.isdigit():  # most numbers are, and a double holds each of them
                self.numbers.setdefault("whole", text)
                return
            if wrapper == NUMBER and "." in text and "e" not in text.lower():
                self.numbers.setdefault("decimal", text)
                return
        self.numbers.setdefault(number_class(wrapper, text), text)
        self.doubles = self.doubles and survives_as_double(text)

    def note_wrapper(self, wrapper: str, value: dict[str, Any]) -> None:
        """Take in an object that is a wrapper of extended JSON."""
        if wrapper == "$undefined":
            self.nulls += 1
            return
        self.kinds[wrapper] += 1
        if wrapper in NUMBER_KINDS:
            self.note_number(wrapper, str(value[wrapper]))
        elif wrapper == "$date":
            self.unfit += not date_fits(value["$date"])
        elif wrapper in {"$uuid", "$binary"}:
            self.unfit += not uuid_fits(value)

    def joined(self, other: "Node") -> "Node":
        """Return what is known of both."""
        both = Node(
            kinds=self.kinds + other.kinds,
            nulls=self.nulls + other.nulls,
            texts=other.texts | self.texts,
            numbers=other.numbers | self.numbers,
            doubles=self.doubles and other.doubles,
            unfit=self.unfit + other.unfit,
            closed=self.closed or other.closed,
            element=_joined(self.element, other.element),
            longest=max(self.longest, other.longest),
        )
        if not both.closed:
            for key in self.keys | other.keys:
                below = _joined(self.keys.get(key), other.keys.get(key))
                if below is not None:
                    both.keys[key] = below
            if len(both.keys) > MOST_KEYS:
                both.close(TOO_MANY_KEYS)
        return both


def _joined(first: Node | None, second: Node | None) -> Node | None:
    """Return what is known of two nodes that may not be there."""
    if first is None or second is None:
        return deepcopy(first or second)
    return first.joined(second)


@dataclass
class Documents:
    """What the JSON cells of a column hold.

    Attributes:
        root: the documents.
        places: how many paths are watched.
        lossy: documents that `jsonb` would not give back as they were.
        unreadable: how many are no JSON that the loader takes, by reason.
        wrapped: how many documents are themselves wrappers of extended JSON.
    """

    root: Node = field(default_factory=Node)
    places: int = 1
    lossy: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    wrapped: int = 0

    def absorb(self, cells: Sequence[str]) -> Iterator[tuple[int, bool]]:
        """Take in some cells.

        Args:
            cells: texts, of which most are JSON objects and arrays.

        Yields:
            The first place of a cell that `jsonb` keeps as it is, and every place of one that it does not:
            these may be of many kinds.
        """
        decoder = DocumentDecoder()
        met = False
        for place, cell in enumerate(cells):
            kept = self._read(decoder, cell)
            if not (kept and met):
                yield place, kept
            met = met or kept

    def _read(self, decoder: DocumentDecoder, cell: str) -> bool:
        """Take in a cell; return whether `jsonb` keeps it."""
        try:
            document = decoder.read(cell)
        except UnreadableError as error:
            self.unreadable[str(error)] += 1
            return False
        if not isinstance(document, dict | list | None):
            self.unreadable[NO_OBJECT] += 1
            return False
        self.lossy += decoder.loses
        if isinstance(document, dict) and wrapper_of(document) is not None:
            self.wrapped += 1
        self._walk(document, self.root, 0)
        return not decoder.loses

    def _walk(self, value: Any, node: Node, depth: int) -> None:
        if type(value) is str:  # the most frequent first; a `Number` is a str too
            node.kinds[STRING] += 1
            node.note_text(value)
        elif isinstance(value, dict):
            self._walk_object(value, node, depth)
        elif isinstance(value, list):
            node.kinds[ARRAY] += 1
            self._walk_array(value, node, depth)
        elif value is None:
            node.nulls += 1
        elif isinstance(value, Number):
            node.kinds[NUMBER] += 1
            node.note_number(NUMBER, value)
        else:
            node.kinds[BOOLEAN] += 1

    def _walk_object(self, value: dict[str, Any], node: Node, depth: int) -> None:
        is_document = depth == 0 and node is self.root
        wrapper = None if is_document else wrapper_of(value)
        if wrapper:
            node.note_wrapper(wrapper, value)
            return
        node.kinds[OBJECT] += 1
        if node.closed:
            return
        if depth == DEEPEST and value:
            self.places -= node.close(TOO_DEEP)
            return
        for key, inner in value.items():
            below = node.keys.get(key) or self._new_key(node, key)
            if below is None:
                return
            self._walk(inner, below, depth + 1)

    def _new_key(self, node: Node, key: str) -> Node | None:
        """Return the place of a key that was not seen before; close the objects here if there is no room."""
        why = self._why_full(node)
        if why:
            self.places -= node.close(why)
            return None
        node.keys[key] = Node()
        self.places += 1
        return node.keys[key]

    def _why_full(self, node: Node) -> str | None:
        if len(node.keys) >= MOST_KEYS:
            return TOO_MANY_KEYS
        if self.places >= MOST_PLACES:
            return NO_ROOM
        return None

    def _walk_array(self, value: list[Any], node: Node, depth: int) -> None:
        if not value:
            return
        node.longest = max(node.longest, len(value))
        if node.element is None:
            node.element = Node()
            self.places += 1
        for item in value:
            if isinstance(item, list):
                node.element.kinds[ARRAY] += 1  # arrays of arrays stay whole
            else:
                self._walk(item, node.element, max(depth, 1))

    def joined(self, other: "Documents") -> "Documents":
        """Return what is known of both."""
        root = self.root.joined(other.root)
        return Documents(
            root=root,
            places=root.size(),
            lossy=self.lossy + other.lossy,
            unreadable=self.unreadable + other.unreadable,
            wrapped=self.wrapped + other.wrapped,
        )


def is_stranger(cell: str) -> bool:
    """Return whether a cell does not even begin as JSON objects and arrays do."""
    return not cell.startswith(BEGINNINGS) and not cell.lstrip(" \t\r\n").startswith(BEGINNINGS)
