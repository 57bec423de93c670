"""Names that columns usually have, and forms that names of columns usually have.

Whether a first record is a header because of them is judged in `headers`.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from lake_assets.discover.survey.first_record import is_year

_USUAL_NAMES = """
id uuid key name first_name last_name first last full_name surname value type kind class group
date time timestamp datetime year month day hour week created_at updated_at start end from to
code title status description text note notes comment comments label tag tags message content
city town country state province county zip postcode postal_code street address region place location
email phone url link website ip lat lon lng latitude longitude price amount quantity total count number
cost rate score rank percent unit units user username person customer product item order author gender sex
age company department category currency language lang nationality population area version color colour
shape size weight height width length depth source target species genus family variable measure index
file path format subject topic brand model make job role position team player result reason question answer
"""
_USUAL = frozenset(_USUAL_NAMES.split())
_USUAL_FORM = re.compile(
    r"(?:col|column|field|var|[a-z])[ _]?[0-9]+|\w+[ _](?:id|at|name|date|code|type|key|no)"
    r"|[a-z][a-z0-9]*(?:_[a-z0-9]+)+"
)
_NAME = re.compile(r"[^\W\d][\w .\-/()#%&:]{0,60}")


def reads_like_name(cell: str) -> bool:
    """Return whether a cell has a form that the name of a column may have, years among them."""
    return _NAME.fullmatch(cell) is not None or is_year(cell)


def count_usual(names: Sequence[str]) -> int:
    """Return how many names are usual for columns; letters are, if they follow each other as a, b, c do."""
    folded = [name.strip().casefold() for name in names]
    letters = [name for name in folded if len(name) == 1 and name.isalpha()]
    usual = sum(map(_is_usual, folded))
    if _follow_each_other(letters):
        return usual + len(letters)
    return usual


def _is_usual(name: str) -> bool:
    return name.replace(" ", "_") in _USUAL or _USUAL_FORM.fullmatch(name) is not None


def _follow_each_other(letters: Sequence[str]) -> bool:
    if len(letters) < 2:  # noqa: PLR2004 - one letter follows none
        return False
    return all(ord(later) == ord(letter) + 1 for letter, later in pairwise(letters))
