"""Catalog files as YAML's parser sees them, with the places of what stands in them.

What a catalog means is `catalog`'s business; here are only nodes, and where text can be put between them.
"""

from typing import Any

import yaml

Node = Any  # yaml has nodes of several kinds, and most are asked for what only one of them has


def tables_of(text: str) -> Node:
    """Return the node of a catalog file's tables, None if there is none."""
    return value_of(yaml.compose(text, Loader=yaml.BaseLoader), "tables")


def value_of(node: Node, key: str) -> Node:
    """Return the value of a key, None if there is none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    for name, value in node.value:
        if name.value == key:
            return value
    return None


def is_filled_mapping(node: Node) -> bool:
    """Return whether a node has keys."""
    return isinstance(node, yaml.MappingNode) and bool(node.value)


def indent_of(mapping: Node) -> int:
    """Return how many characters stand before the keys of a mapping, at its first one."""
    first_key, _ = mapping.value[0]
    return int(first_key.start_mark.column)


def line_end_behind(text: str, at: int) -> int:
    """Return where the line ends that a place is in."""
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end
