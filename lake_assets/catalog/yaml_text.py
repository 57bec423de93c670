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
        """Give the line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(content: bytes) -> YamlText:
    """Read a file's bytes; what cannot be read is among the faults, never raised."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8."
        return _unreadable(line, message, "Save the file as UTF-8.")
    if unfit := _UNFIT.search(text):
        line = text.count("\n", 0, unfit.start()) + 1
        message = f"the character U+{ord(unfit[0]):04X} may not stand in YAML as it is."
        return _unreadable(line, message, 'Write it in double quotes as an escape, such as "\\x85".')
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        remedy = (
            "Check the indentation (blanks, no tabs), and put text with : # { } [ ] , & * or % in quotes."
        )
        return _unreadable(mark.line + 1 if mark else 1, f"not valid YAML: {problem}.", remedy)
    if node is None:
        return _unreadable(1, "the file is empty.", "Describe a source in it, or remove the file.")
    reading = _Reading()
    return YamlText(reading.value(node, ()), reading.lines, reading.faults)


def _unreadable(line: int, message: str, remedy: str) -> YamlText:
    return YamlText(faults=[Fault((), message, remedy, line)])


class _Reading:
    """One walk over the nodes of a document, gathering data, lines and faults."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []
        self._around: list[yaml.Node] = []

    def value(self, node: yaml.Node, place: Place) -> Any:
        """Give the data of a node."""
        if any(node is outer for outer in self._around):
            self._refuse(node, place, "the alias stands inside what it repeats.", "Write the value out.")
            return None
        if node.tag not in _TAGS:
            self._refuse(node, place, f"the tag {node.tag} is not known.", "Write the value without a tag.")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        self._around.append(node)
        data = self._mapping(node, place) if isinstance(node, yaml.MappingNode) else self._items(node, place)
        self._around.pop()
        return data

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
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        return float(text) if _DECIMAL.fullmatch(text) else text

    def _text(self, node: yaml.ScalarNode, place: Place) -> str:
        # An escape can name half of a surrogate pair, which no encoding can write.
        text = str(node.value)
        whole = text.encode(errors="replace").decode()
        if whole != text:
            self._refuse(node, place, f"{text!r} holds half a character.", "Write the whole character.")
        return whole

    def _refuse(self, node: yaml.Node, place: Place, message: str, remedy: str) -> None:
        self.faults.append(Fault(place, message, remedy, node.start_mark.line + 1))
