"""YAML text as plain data, with the line of every key.

Only what a catalog needs is resolved, and by the rules of YAML 1.2: keys are always text (`null`, `no` and
`on` are names like any other); of the unquoted values only true, false, null, whole numbers and decimal ones
are not text. What the data must be belongs to `shape`.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from lake_assets.catalog.faults import Fault, Place

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
# What YAML forbids, and U+0085, U+2028 and U+2029, which end a line in YAML 1.1 and not in 1.2: the parser
# would make blanks of them.
_UNFIT = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
# Ten lines of aliases of aliases can stand for more values than memory holds; this many are a thousand tables
# with 500 columns each.
MOST_REPEATED = 500_000
# An alias of an alias of … nests as deep as it likes in short lines; child tables take two levels each.
MOST_NESTED = 100


@dataclass(frozen=True)
class YamlText:
    """What a YAML text holds.

    Attributes:
        data: dicts, lists, texts, numbers, booleans and None; None too where the text cannot be read.
        lines: the 1-based line of each key and list item.
        faults: what cannot be read.
    """

    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class _Unreadable(Exception):  # noqa: N818 - never leaves this module
    """A text that holds no data, for what stands in the fault."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.fault = Fault(place=(), message=message, remedy=remedy, line=line)


def read_yaml(content: bytes) -> YamlText:
    """Read a file's bytes; what cannot be read is among the faults, never raised."""
    try:
        root = _compose(_decode(content))
        reading = _Reading()
        data = reading.value(root, ())
    except _Unreadable as error:
        return YamlText(faults=[error.fault])
    return YamlText(data=data, lines=reading.lines, faults=reading.faults)


def unreadable(line: int, message: str, remedy: str) -> YamlText:
    """Return what a file holds that cannot be read: a fault and nothing else."""
    return YamlText(faults=[Fault(place=(), message=message, remedy=remedy, line=line)])


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable(
            line=content.count(b"\n", 0, error.start) + 1,
            message=f"the byte 0x{content[error.start]:02x} is not UTF-8.",
            remedy="Save the file as UTF-8.",
        ) from error
    unfit = _UNFIT.search(text)
    if unfit:
        raise _Unreadable(
            line=text.count("\n", 0, unfit.start()) + 1,
            message=f"the character U+{ord(unfit[0]):04X} may not stand in YAML as it is.",
            remedy='Write it in double quotes as an escape, such as "\\x85".',
        )
    return text


def _compose(text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        raise _to_unreadable(error) from error
    except RecursionError as error:
        raise _Unreadable(
            line=1, message="its values are nested too deep to be read.", remedy="Write fewer levels."
        ) from error
    if root is None:
        raise _Unreadable(
            line=1, message="the file is empty.", remedy="Describe a source in it, or remove the file."
        )
    return root


def _to_unreadable(error: yaml.MarkedYAMLError) -> _Unreadable:
    line = 1
    mark = error.problem_mark or error.context_mark
    if mark:
        line = mark.line + 1
    problem = ", ".join(filter(None, (error.context, error.problem)))
    return _Unreadable(
        line=line,
        message=f"not valid YAML: {problem}.",
        remedy="Check the indentation (blanks, no tabs), and put text with : # { } [ ] , & * or % in quotes.",
    )


class _Reading:
    """One walk over the nodes of a document, gathering data, lines and faults."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []
        self._around: list[yaml.Node] = []
        self._seen: set[yaml.Node] = set()
        self._repeated = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        """Return the data of a node.

        Raises:
            _Unreadable: aliases repeat too many values, or they are nested too deep.
        """
        if any(node is outer for outer in self._around):
            self._refuse(node, place, "the alias stands inside what it repeats.", "Write the value out.")
            return None
        self._count_repeated(node)
        if len(self._around) > MOST_NESTED:
            raise _Unreadable(
                line=node.start_mark.line + 1,
                message=f"its values are nested too deep: more than {MOST_NESTED} levels, aliases counted.",
                remedy="Write fewer levels.",
            )
        if node.tag not in _TAGS:
            self._refuse(node, place, f"the tag {node.tag} is not known.", "Write the value without a tag.")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        self._around.append(node)
        data: Any = None
        if isinstance(node, yaml.MappingNode):
            data = self._mapping(node, place)
        elif isinstance(node, yaml.SequenceNode):
            data = self._items(node, place)
        self._around.pop()
        return data

    def _count_repeated(self, node: yaml.Node) -> None:
        if node not in self._seen:
            self._seen.add(node)
            return
        self._repeated += 1
        if self._repeated > MOST_REPEATED:
            raise _Unreadable(
                line=node.start_mark.line + 1,
                message=f"aliases repeat more than {MOST_REPEATED:,} values, this one among them.",
                remedy="Write the values out, or fewer aliases inside what aliases repeat.",
            )

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, place, "a key is not a text.", "Write a text before the colon.")
                continue
            key = self._text(key_node, place)
            inner = (*place, key)
            if key in data:
                first = f"the key {key!r} stands on line {self.lines[inner]} already."
                self._refuse(key_node, inner, first, "Remove one of them.")
                continue
            self.lines[inner] = key_node.start_mark.line + 1
            data[key] = self.value(value_node, inner)
        return data

    def _items(self, node: yaml.Node, place: Place) -> list[Any]:
        data = []
        for index, item in enumerate(node.value):
            inner = (*place, index)
            self.lines[inner] = item.start_mark.line + 1
            data.append(self.value(item, inner))
        return data

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        text = self._text(node, place)
        in_quotes_or_block = bool(node.style)
        if in_quotes_or_block:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
        return text

    def _text(self, node: yaml.ScalarNode, place: Place) -> str:
        # An escape can name half of a surrogate pair, which no encoding can write.
        text = str(node.value)
        whole = text.encode(errors="replace").decode()
        if whole != text:
            self._refuse(node, place, f"{text!r} holds half a character.", "Write the whole character.")
        return whole

    def _refuse(self, node: yaml.Node, place: Place, message: str, remedy: str) -> None:
        line = node.start_mark.line + 1
        self.faults.append(Fault(place=place, message=message, remedy=remedy, line=line))
