"""Which documents can be opened: whose paths become columns, and whose arrays child tables.

What lies at the paths was gathered by `cells.json_tree`; the columns and tables themselves are made in
`write.documents`.
"""

import re
from collections import Counter

from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.cells.json_decoder import CUT_OFF
from lake_assets.discover.cells.json_tree import ARRAY, OBJECT, Documents, Node
from lake_assets.discover.infer.path_types import is_mixed
from lake_assets.pluralize import pluralize

DOCUMENT = "_doc"  # the column of whole documents of MongoDB (DMS guide, "Document mode")
LONG = 100  # elements of an array of single values, above which they are rows
KEYS_OF_DATA = 50  # keys of an object; more, of which each object has few, are data
FEW = 10  # a tenth of them; and more numbers or identifiers than that are data too
MOST_BROKEN = 20  # one in so many texts that are cut off
AN_ARRAY = "an array"
JSON_NULL = "null"  # which is a document that holds nothing
_IDENTIFIER = re.compile(r"[0-9]+|[0-9a-f]{24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def holds_documents(name: str, profile: ColumnProfile, null: str) -> bool:
    """Return whether a column holds documents, and few enough broken ones to put these into quarantine.

    Args:
        name: the file's name for it; MongoDB's documents are objects, and no arrays.
        profile: what its cells are like.
        null: the text that means NULL.
    """
    documents = profile.documents
    if documents is None or documents.wrapped:
        return False
    broken = broken_documents(name, profile, null)
    read = documents.root.count - broken[AN_ARRAY]
    if not read:
        return False
    if name == DOCUMENT:
        return broken.total() <= read
    return broken.keys() <= {CUT_OFF} and MOST_BROKEN * broken[CUT_OFF] <= read


def broken_documents(name: str, profile: ColumnProfile, null: str) -> Counter[str]:
    """Return how many cells of a column of documents hold none, by reason; arguments as above."""
    documents = profile.documents
    broken = Counter(documents.unreadable if documents else {})
    for text, count in profile.bare.items():
        if text not in {null, JSON_NULL}:
            broken["broken JSON"] += count
    if name == DOCUMENT and documents and OBJECT in documents.root.kinds:
        broken[AN_ARRAY] += documents.root.kinds[ARRAY]
    return +broken


def why_not_opened(name: str, documents: Documents) -> str | None:
    """Return why the documents of a column stay closed; None if they can be opened.

    Args:
        name: the file's name for it.
        documents: what it holds.
    """
    root = documents.root
    if is_mixed(root) and name != DOCUMENT:
        return "objects and arrays"
    if OBJECT not in root.kinds:
        if is_child(root):
            return None
        return "arrays of single values, or of values that differ"
    why = why_closed(root, "document")
    if why is None and not root.keys:
        return "no document has a key"
    return why


def why_closed(node: Node, whole: str) -> str | None:
    """Return why the objects at a place are not opened; None if they are.

    Args:
        node: what lies there.
        whole: what the documents are called.
    """
    if node.closed:
        return node.closed
    keys = len(node.keys)
    if keys > FEW and all(map(_IDENTIFIER.fullmatch, node.keys)):
        return f"its {keys:,} keys are numbers or identifiers"
    filled = sum(below.count + below.nulls for below in node.keys.values())
    if keys > KEYS_OF_DATA and FEW * filled < keys * node.kinds[OBJECT]:
        return f"{pluralize(keys, 'key')}, few of them in each {whole}"
    return None


def is_child(node: Node) -> bool:
    """Return whether each element of the arrays here can be a row."""
    element = node.element
    if node.kinds.keys() != {ARRAY} or element is None:
        return False
    if element.kinds.keys() == {OBJECT}:
        return bool(element.keys) and why_closed(element, "element") is None
    return node.longest > LONG and _is_scalar(element)


def _is_scalar(node: Node) -> bool:
    return bool(node.kinds) and not node.kinds.keys() & {OBJECT, ARRAY}
