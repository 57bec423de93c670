"""Which texts `jsonb` keeps as they are, and which numbers of JSON it gives back with nothing lost.

Only whole cells are judged here. The values inside documents are `json_tree`'s, and reading them as the
loader does, mended where it mends, is `json_decoder`'s.
"""

import json
import re

LONGEST_NUMBER = 1000  # digits; numeric takes more (manual, "Numeric Types"), and nobody writes them
LARGEST_EXPONENT = 300  # a double ends at 308, and whoever writes more writes text
ZERO_BELOW_ZERO = re.compile(r"-0(?:\.0*)?(?:[eE].*)?")  # jsonb gives it back without its sign

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")


class _NotKeptError(ValueError):
    """The JSON text holds what jsonb does not keep."""


def survives_as_jsonb(text: str) -> bool:
    """Return whether a text is a JSON object or array that jsonb keeps, but for blanks and key order."""
    try:
        value = _JSON.decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict | list) and has_whole_characters(text)


def has_whole_characters(text: str) -> bool:
    r"""Return whether jsonb takes the escapes; it knows no \u0000 and no half of a surrogate pair."""
    if "\\u" not in text:
        return True
    if "u0000" in _ESCAPE.findall(text):
        return False
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _NotKeptError
    return made


def _refuse_odd_number(text: str) -> str:
    if len(text) > LONGEST_NUMBER or ZERO_BELOW_ZERO.fullmatch(text):
        raise _NotKeptError
    _, _, exponent = text.lower().partition("e")
    if exponent and _is_too_large(exponent):
        raise _NotKeptError
    return text


def _is_too_large(exponent: str) -> bool:
    # The length is asked first: thousands of digits are no number that anybody should have to read.
    return len(exponent) > len("+300") or abs(int(exponent)) > LARGEST_EXPONENT


def _refuse_constant(_: str) -> object:
    raise _NotKeptError


# Its whitespace and grammar are those of RFC 8259, as PostgreSQL's are.
_JSON = json.JSONDecoder(
    object_pairs_hook=_refuse_repeated_keys,
    parse_int=_refuse_odd_number,
    parse_float=_refuse_odd_number,
    parse_constant=_refuse_constant,
)
