"""How a value inside a document becomes a value of a column: expressions of SQL for every kind of type.

The functions they call stand in `ledger/sql/install_documents.sql`; what each wrapper of extended JSON gives
in each kind of type is told by docs/documents.md. Which columns there are belongs to `load.staging.columns`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Lossy
from lake_assets.load.staging.cast_losses import KnownType
from lake_assets.load.staging.hexadecimal import hexadecimal_condition, hexadecimal_value
from lake_assets.postgres import statement
from lake_assets.readers import relative_times

Kind = Literal["text", "whole", "number", "truth", "time", "uuid", "bytes", "tree", "array", "children"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("int2", "int4", "int8"), "whole"),
    **dict.fromkeys(("numeric", "float4", "float8"), "number"),
    **dict.fromkeys(("timestamptz", "timestamp", "date"), "time"),
    **dict.fromkeys(("json", "jsonb"), "tree"),
    "bool": "truth",
    "uuid": "uuid",
    "bytea": "bytes",
}
_NUMBERS = ("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$undefined")
_WRAPPERS: dict[Kind, tuple[str, ...]] = {
    "whole": _NUMBERS,
    "number": _NUMBERS,
    "truth": ("$undefined",),
    "time": ("$date", "$timestamp", "$undefined"),
    "uuid": ("$uuid", "$binary", "$undefined"),
    "bytes": ("$binary", "$uuid", "$undefined"),
    "array": ("$undefined",),
    "children": ("$undefined",),
}
_JSON_TYPES = ("object", "array", "string", "number", "boolean")
_SCALARS: dict[Kind, tuple[str, ...]] = {
    "text": ("string", "number", "boolean"),
    "whole": ("string",),
    "number": ("string", "number"),
    "truth": ("string", "number", "boolean"),
    "time": ("string",),
    "uuid": ("string",),
}
# The wrapper met most often, with the JSON type in it, or None where the cast refuses all that is wrong.
_QUICK: dict[Kind, tuple[str, str | None]] = {
    "text": ("$oid", "string"),
    "whole": ("$numberLong", None),
    "number": ("$numberDecimal", None),
    "time": ("$date", "number"),
}
# Of these every scalar's text is what the type reads.
_AS_TEXT: tuple[Kind, ...] = ("text", "number", "truth")
INDEX = "\0"
ALL_KEPT: Mapping[str, KnownType] = {}
_MILLISECONDS = 3
# Types that know words such as `now`, and those made of them (manual, "Date/Time Types", "Range Types").
TEMPORAL_TYPES = re.compile(
    r'(?:pg_catalog\.)?"?(?:date|time|timetz|timestamp|timestamptz|(?:date|ts|tstz)(?:multi)?range)(?!\w)',
    re.IGNORECASE,
)


def nothing() -> sql.Composable:
    """Return the expression of NULL."""
    return sql.SQL("NULL")


@dataclass(frozen=True)
class ServerType:
    """A column's type as the server knows it.

    Attributes:
        base: its name without modifiers: an assignment checks a length where a cast would cut.
        kind: how a value of a document is turned into it.
        element: the type of its elements, if it is an array.
        losing: what it can lose of a text; None where it is nothing.
        keeps_all: a value that it would change is refused.
    """

    base: str
    kind: Kind
    element: "ServerType | None" = None
    losing: KnownType | None = None
    keeps_all: bool = True


def resolve_types(
    connection: psycopg.Connection,
    types: Iterable[str],
    losing: Mapping[str, KnownType] = ALL_KEPT,
    lossy: Lossy = "quarantine",
) -> dict[str, ServerType]:
    """Ask the server what the catalog's types are.

    Args:
        connection: a session.
        types: the types, as the catalog writes them.
        losing: those of them that can lose something of a text.
        lossy: what becomes of a value that its type would change.
    """
    asked = {"types": sorted(set(types))}
    rows = connection.execute(statement(__package__, "resolve_types"), asked)
    known = {}
    keeps_all = lossy == "quarantine"
    for name, base, base_name, element, element_name in rows:
        lost = losing.get(name)
        if element:
            inner = ServerType(
                base=element,
                kind=_KINDS.get(element_name, "text"),
                losing=lost.of_element if lost else None,
                keeps_all=keeps_all,
            )
            known[name] = ServerType(base=base, kind="array", element=inner)
        else:
            known[name] = ServerType(
                base=base, kind=_KINDS.get(base_name, "text"), losing=lost, keeps_all=keeps_all
            )
    return known


@dataclass(frozen=True)
class _Branch:
    """What becomes of a JSON value of one type.

    Attributes:
        value: the value of the column; an error where it cannot be one.
        valid: whether it can be one; never an error.
        text: what the column's type is asked to read, for the message of its refusal.
        loss: what the column's type would lose of it, NULL for nothing; never an error.
    """

    value: sql.Composable
    valid: sql.Composable
    text: sql.Composable
    loss: sql.Composable = field(default_factory=nothing)


@dataclass(frozen=True)
class Leaf:
    """A place inside a document, and the column that is made of what lies there.

    Attributes:
        name: the column.
        type: its type, as the catalog writes it.
        known: its type, as the server knows it.
        document: the expression of the document.
        path: the keys below the document; empty for the document itself.
        node: the name of what lies there, once it was taken out.
        title: the place as people write it, such as `_doc.device.model`; INDEX stands for that of an element.
    """

    name: str
    type: str
    known: ServerType
    document: sql.Composable
    path: tuple[str, ...]
    node: sql.Composable
    title: str

    @property
    def for_main(self) -> sql.Composed:
        """The node as `value` wants it: taken out of the document, under its name."""
        taken = take_out(self.document, self.path, as_text=self._is_text)
        return sql.SQL("{} AS {}").format(taken, self.node)

    @property
    def to_judge(self) -> sql.Composed:
        """The node as all other expressions want it."""
        return sql.SQL("{} AS {}").format(take_out(self.document, self.path), self.node)

    @property
    def value(self) -> sql.Composed:
        """The expression that gives main its value; an error if the document holds none of that type."""
        if not self._is_text:
            return self.value_of_json
        # Taking a text out and looking at how it begins is half the work of asking for its JSON type.
        json = replace(self, node=take_out(self.document, self.path))
        return sql.SQL("CASE WHEN ascii({}) NOT IN (ascii('{{'), ascii('[')) THEN {} ELSE {} END").format(
            self.node, json.kept(self.node), json.value_of_json
        )

    @property
    def fits(self) -> sql.Composed:
        """The condition under which `value` gives no error; it never does itself. It takes `to_judge`."""
        return self._by_json_type(lambda branch: branch.valid, sql.SQL("false"), sql.SQL("true"))

    @property
    def given(self) -> sql.Composed:
        """The text that the type is asked to read, or NULL where the shape is already wrong; as `fits`."""
        return self._by_json_type(lambda branch: branch.text, sql.SQL("NULL"), sql.SQL("NULL"))

    @property
    def loses(self) -> bool:
        """Whether its type, or that of its elements, can lose something."""
        element = self.known.element
        return self.known.losing is not None or (element is not None and element.losing is not None)

    @property
    def loss(self) -> sql.Composed:
        """What is lost of what lies here, NULL for nothing; as `fits`."""
        return self._by_json_type(lambda branch: branch.loss, nothing(), nothing())

    @property
    def softly(self) -> sql.Composed:
        """The expression that gives the array that lies here, and NULL for everything else."""
        return sql.SQL("CASE WHEN jsonb_typeof({0}) = 'array' THEN {0} END").format(self.node)

    @property
    def _is_text(self) -> bool:
        """Whether main is given the text of a scalar as it is."""
        return bool(self.path) and self.known.kind in _AS_TEXT and not self._is_temporal

    @property
    def _is_temporal(self) -> bool:
        return TEMPORAL_TYPES.match(self.type.strip()) is not None

    @property
    def value_of_json(self) -> sql.Composed:
        """What `value` gives, made of the node that `to_judge` gives."""
        refused = self._cast(sql.SQL("lake_assets.document_refused({})").format(self.node))
        of_any = self._by_json_type(lambda branch: branch.value, refused, sql.SQL("NULL"))
        quick = self._quick
        return sql.SQL("CASE {} ELSE {} END").format(quick, of_any) if quick else of_any

    def _by_json_type(
        self, part: Callable[[_Branch], sql.Composable], refused: sql.Composable, nothing: sql.Composable
    ) -> sql.Composed:
        cases = [
            sql.SQL("WHEN {} THEN {}").format(sql.Literal(json_type), part(branch))
            for json_type, branch in self._branches.items()
            if json_type != "object"
        ]
        if whole := self._branches.get("object"):
            inside = sql.SQL("CASE WHEN {} THEN {} ELSE {} END").format(
                self._is_wrapper, part(whole), refused
            )
            cases.append(sql.SQL("WHEN 'object' THEN {}").format(inside))
        return sql.SQL(
            "CASE jsonb_typeof({node}) {cases} WHEN 'null' THEN {nothing} "
            "ELSE CASE WHEN {node} IS NULL AND {ends} THEN {nothing} ELSE {refused} END END"
        ).format(
            node=self.node, cases=sql.SQL(" ").join(cases), nothing=nothing, refused=refused, ends=self._ends
        )

    @property
    def _is_wrapper(self) -> sql.Composable:
        if self.known.kind == "tree":
            return sql.SQL("true")
        wrapper = sql.SQL("lake_assets.document_wrapper({})").format(self.node)
        if self.known.kind == "text":
            return sql.SQL("{} IS NOT NULL").format(wrapper)
        return sql.SQL("coalesce({} = ANY ({}), false)").format(
            wrapper, sql.Literal(list(_WRAPPERS[self.known.kind]))
        )

    @property
    def _ends(self) -> sql.Composable:
        return path_ends(self.document, self.path)

    def _cast(self, text: sql.Composable) -> sql.Composable:
        return sql.SQL("({})::{}").format(text, sql.SQL(self.known.base))

    def kept(self, text: sql.Composable) -> sql.Composable:
        """Let the type read a text; an error where it would lose something of it."""
        losing = self.known.losing
        if losing is None or not self.known.keeps_all:
            return self._cast(text)
        return self._unless_lost(losing.quick_loss(text), self._cast(text))

    def _unless_lost(self, loss: sql.Composable, value: sql.Composable) -> sql.Composed:
        """Return a value where nothing is lost; else an error."""
        refused = self._cast(sql.SQL("lake_assets.document_refused({})").format(self.node))
        return sql.SQL("CASE WHEN {} IS NULL THEN {} ELSE {} END").format(loss, value, refused)

    def _fits_without_loss(self, valid: sql.Composable, loss: sql.Composable) -> sql.Composable:
        if not self.known.keeps_all:
            return valid
        return sql.SQL("({} AND {} IS NULL)").format(valid, loss)

    def _read(self, text: sql.Composable) -> _Branch:
        """Let the type read a text."""
        read = self._read_all(text)
        if self.known.losing is None:
            return read
        loss = self.known.losing.quick_loss(text, soft=True)
        valid = self._fits_without_loss(read.valid, loss)
        return replace(read, value=self.kept(text), valid=valid, loss=loss)

    def _read_all(self, text: sql.Composable) -> _Branch:
        """Let the type read a text, whatever it loses of it."""
        valid: sql.Composable = sql.SQL("true")
        if "text" not in (self.known.base, self.type):
            valid = sql.SQL("coalesce(pg_input_is_valid({}, {}), true)").format(text, sql.Literal(self.type))
        return _Branch(value=self._cast(text), valid=valid, text=text)

    @cached_property
    def _branches(self) -> Mapping[str, _Branch]:
        """What becomes of each JSON type that may stand here; all others are refused."""
        scalar = sql.SQL("{} #>> '{{}}'").format(self.node)
        scalars = dict.fromkeys(_SCALARS.get(self.known.kind, ()), self._read(scalar))
        number = sql.SQL("trim_scale(({})::numeric)::text").format(self.node)
        integer = self._read(self._call("document_integer"))
        digits = sql.SQL("encode({}, 'hex')").format(self._call("document_bytes"))
        ways: dict[Kind, Callable[[], dict[str, _Branch]]] = {
            "text": lambda: {"object": self._read(self._call("document_text"))},
            "whole": lambda: {"number": self._read_all(number), "object": integer},
            "number": lambda: {"object": self._read(self._call("document_number"))},
            "truth": lambda: {"object": self._nothing},
            "time": lambda: {"object": self._time},
            "uuid": lambda: {"object": self._read(digits)},
            "bytes": lambda: self._bytes(scalar),
            "tree": lambda: dict.fromkeys(_JSON_TYPES, self._tree),
            "array": lambda: {"array": self._array, "object": self._nothing},
            "children": lambda: {"array": self._tree, "object": self._nothing},
        }
        branches = scalars | ways[self.known.kind]()
        if self._is_temporal and self.known.kind in _SCALARS:
            # Milliseconds hold no words, nor need they be made a time twice.
            inside = self._call("document_text") if self.known.kind == "text" else self._key("$date")
            branches["string"] = self._without_clock_words(scalar, branches["string"])
            branches["object"] = self._without_clock_words(inside, branches["object"])
        return branches

    def _without_clock_words(self, text: sql.Composable, read: _Branch) -> _Branch:
        """Refuse a word that means another time at every load."""
        words = sql.SQL("coalesce(({}) ~* {}, false)").format(text, sql.Literal(relative_times.FOR_POSTGRES))
        refused = self._cast(sql.SQL("lake_assets.document_refused({})").format(self.node))
        value = sql.SQL("CASE WHEN {} THEN {} ELSE {} END").format(words, refused, read.value)
        return _Branch(
            value=value,
            valid=sql.SQL("(NOT {} AND {})").format(words, read.valid),
            text=read.text,
            loss=sql.SQL("CASE WHEN NOT {} THEN {} END").format(words, read.loss),
        )

    @property
    def _quick(self) -> sql.Composed | None:
        """The way of the wrapper that is met most often, tried first: it is what the way of all gives."""
        if self.known.kind not in _QUICK or (self.known.kind == "text" and self._is_temporal):
            return None
        key, json_type = _QUICK[self.known.kind]
        text = self._key(key)
        met = sql.SQL("{} IS NOT NULL").format(text)
        if json_type:
            node = sql.SQL("{} -> {}").format(self.node, sql.Literal(key))
            # AND looks at what follows a NULL, and taking a key out of a scalar is an error.
            met = sql.SQL("(jsonb_typeof({}) = {}) IS TRUE").format(node, sql.Literal(json_type))
        if self.known.kind == "time" and self._can_lose_milliseconds:
            return None
        value = self.kept(text)
        if self.known.kind == "time":
            moment = sql.SQL("lake_assets.document_moment({}::bigint)").format(text)
            value = self._cast(self._in_zone(moment))
        return sql.SQL("WHEN {met} AND {node} - {key} = '{{}}' THEN {value}").format(
            met=met, node=self.node, key=sql.Literal(key), value=value
        )

    @property
    def _nothing(self) -> _Branch:
        return _Branch(value=sql.SQL("NULL"), valid=sql.SQL("true"), text=sql.SQL("NULL"))

    @property
    def _tree(self) -> _Branch:
        return _Branch(value=self._cast(self.node), valid=sql.SQL("true"), text=sql.SQL("NULL"))

    @property
    def _time(self) -> _Branch:
        text = self._call("document_time_text")
        # The offset of a $date is heeded before its type drops it, so that its text alone is no loss.
        as_text = self._read_all(text)
        moment = self._in_zone(self._call("document_time"))
        value = self._cast(moment)
        losing = self.known.losing
        if losing is None:
            return replace(as_text, value=value)
        found = self._lost_of_moment(losing, text)
        loss = sql.SQL("CASE WHEN {} THEN {} END").format(as_text.valid, found)
        if self.known.keeps_all:
            value = self._unless_lost(found, value)
        return _Branch(value=value, valid=self._fits_without_loss(as_text.valid, loss), text=text, loss=loss)

    def _lost_of_moment(self, losing: KnownType, text: sql.Composable) -> sql.Composed:
        """Return what is lost of a time in a wrapper."""
        if losing.name == "date":
            return losing.quick_loss(sql.SQL("({})::text").format(self._call("document_time")), soft=True)
        loss = losing.of_instant.quick_loss(text, soft=True)
        if self._can_lose_milliseconds:
            return loss
        is_text = sql.SQL("jsonb_typeof({} -> '$date') = 'string'").format(self.node)
        return sql.SQL("CASE WHEN {} THEN {} END").format(is_text, loss)

    @property
    def _can_lose_milliseconds(self) -> bool:
        """Whether a time in whole milliseconds can lose something: its time of day, or its last digits."""
        losing = self.known.losing
        if losing is None:
            return False
        return losing.name == "date" or 0 <= losing.modifier < _MILLISECONDS

    def _in_zone(self, moment: sql.Composable) -> sql.Composable:
        with_zone = self.known.base == "timestamp with time zone"
        return sql.SQL("{} AT TIME ZONE 'UTC'").format(moment) if with_zone else moment

    def _bytes(self, scalar: sql.Composable) -> dict[str, _Branch]:
        value, valid = hexadecimal_value(scalar), hexadecimal_condition(scalar)
        digits = _Branch(value=self._cast(value), valid=valid, text=sql.SQL("NULL"))
        binary = _Branch(
            value=self._cast(self._call("document_bytes")), valid=sql.SQL("true"), text=sql.SQL("NULL")
        )
        return {"string": digits, "object": binary}

    @property
    def _array(self) -> _Branch:
        element = self.known.element or ServerType("text", "text")
        value = sql.SQL("element.value")
        leaf = Leaf(
            name=self.name,
            type=element.base,
            known=element,
            document=value,
            path=(),
            node=value,
            title=self.title,
        )
        elements = sql.SQL("jsonb_array_elements({}) WITH ORDINALITY AS element (value, place)").format(
            self.node
        )
        array = sql.SQL("ARRAY(SELECT {} FROM {} ORDER BY element.place)").format(leaf.value, elements)
        valid = sql.SQL("NOT EXISTS (SELECT FROM {} WHERE NOT {})").format(elements, leaf.fits)
        lost = nothing()
        if element.losing is not None:
            lost = sql.SQL("(SELECT min({}) FROM {})").format(leaf.loss, elements)
        return _Branch(value=self._cast(array), valid=valid, text=sql.SQL("NULL"), loss=lost)

    def _key(self, key: str) -> sql.Composable:
        """Return the text below a key; NULL where the node is no object."""
        return sql.SQL("({} ->> {})").format(self.node, sql.Literal(key))

    def _call(self, function: str) -> sql.Composable:
        return sql.SQL("{}({})").format(sql.Identifier("lake_assets", function), self.node)


def take_out(document: sql.Composable, path: tuple[str, ...], *, as_text: bool = False) -> sql.Composable:
    """Return the expression of what lies at a path of a document.

    Args:
        document: the expression of the document.
        path: the keys below it.
        as_text: not as JSON, but as the text of a scalar; there must be a key then.
    """
    if not path:
        return document
    if any(map(_is_place, path)):
        operator = sql.SQL("#>>" if as_text else "#>")
        return sql.SQL("({} {} {})").format(document, operator, sql.Literal(list(path)))
    # Step by step is quicker than an array of keys, which is unpacked each time.
    *steps, last = map(sql.Literal, path)
    operator = sql.SQL("->>" if as_text else "->")
    return sql.SQL("({} {} {})").format(sql.SQL(" -> ").join([document, *steps]), operator, last)


def path_ends(document: sql.Composable, path: tuple[str, ...]) -> sql.Composable:
    """Return the condition under which a path that leads to nothing was free to go on.

    What stops it is the last thing it reaches: an object that lacks the next key does not, nor does an array
    that is too short for the next place, or a null; text, a number or a wrapper is of another shape.

    Args:
        document: the expression of the document.
        path: the keys below it.
    """
    if not path:
        return sql.SQL("true")
    if len(path) == 1 and not _is_place(path[0]):
        # Most often it is an object of its own that lacks the key, and no function need be called.
        return sql.SQL(
            "(jsonb_typeof({0}) = 'object' AND NOT lake_assets.document_may_wrap({0})"
            " OR lake_assets.document_ends({0}))"
        ).format(document)
    reached = []
    for length in range(len(path) - 1, -1, -1):
        ancestor = take_out(document, path[:length])
        if _is_place(path[length]):
            ancestor = sql.SQL("CASE jsonb_typeof({0}) WHEN 'array' THEN '{{}}' ELSE {0} END").format(
                ancestor
            )
        reached.append(ancestor)
    return sql.SQL("lake_assets.document_ends(coalesce({}))").format(sql.SQL(", ").join(reached))


def _is_place(key: str) -> bool:
    digits = key.removeprefix("-")
    return digits.isascii() and digits.isdecimal()
