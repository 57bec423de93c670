"""The shape of a document: which keys there are and what each may hold, every fault in words with its remedy.

What must fit together between keys belongs to `rules`.
"""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lake_assets.catalog.document import SourceDocument, known_keys, model_at
from lake_assets.catalog.faults import Fault, Place, did_you_mean, sentences, shown


def read_shape(data: Any) -> tuple[SourceDocument | None, list[Fault]]:
    """Give the document, or all its faults of shape.

    Args:
        data: what the YAML text holds.
    """
    try:
        return SourceDocument.model_validate(data), []
    except ValidationError as error:
        return None, [_to_fault(details) for details in error.errors()]


def _to_fault(details: ErrorDetails) -> Fault:
    place = tuple(part for part in details["loc"] if part != "[key]")
    kind = details["type"]
    if kind != "missing" and details["input"] is None:
        message, remedy = _say_nothing_there(place, details)
    else:
        message, remedy = _WORDS.get(kind, _say_otherwise)(place, details)
    return Fault(place, message, remedy)


def _say_nothing_there(place: Place, details: ErrorDetails) -> tuple[str, str]:
    if place[-2:-1] == ("columns",):
        return "has no type.", f"Write one, such as {place[-1]}: text."
    if details["type"] in {"dict_type", "model_type"}:
        return "has nothing below it.", "Write its keys below it, indented, or remove it."
    return "has no value.", 'Write one, in quotes where it is "" or "NULL", or remove the key.'


def _say_refused(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    context = details.get("ctx", {})
    return str(context["message"]), str(context["remedy"])


def _say_missing(place: Place, _details: ErrorDetails) -> tuple[str, str]:
    key = str(place[-1])
    model = model_at(place[:-1])
    described = next(field for name, field in model.model_fields.items() if key in {name, field.alias})
    return "is missing.", f"Add `{key}:`. {described.description}"


def _say_unknown(place: Place, _details: ErrorDetails) -> tuple[str, str]:
    keys = known_keys(model_at(place[:-1]))
    return "is not a key known here.", sentences(
        did_you_mean(str(place[-1]), keys), f"The keys here are {', '.join(keys)}."
    )


def _say_literal(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    expected = str(details.get("ctx", {})["expected"])
    words = expected.replace(" or ", ", ").replace("'", "").replace("True", "true").replace("False", "false")
    hint = did_you_mean(str(details["input"]), words.split(", "))
    return f"{shown(details['input'])} is not a word known here.", sentences(hint, f"Write one of {words}.")


def _say_text(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    if isinstance(details["input"], dict | list):
        return "holds more than a text.", "Write a single text."
    return f"{shown(details['input'])} is not a text.", "Put it in quotes, as it shall be."


def _say_mapping(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    return (
        f"{shown(details['input'])} stands where keys belong.",
        "Write `key: value` pairs below it, indented.",
    )


def _say_list(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    given = details["input"]
    example = f"[{given}]" if isinstance(given, str) else "[id]"
    return f"{shown(given)} is not a list.", f"Write one, such as {example}."


def _say_empty(_place: Place, _details: ErrorDetails) -> tuple[str, str]:
    return (
        "is empty.",
        "Write at least one entry below it, indented; docs/catalog.md has examples.",
    )


def _say_whole_number(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    return (
        f"{shown(details['input'])} is not a whole number of 1 or more.",
        "Write one without quotes, such as 7.",
    )


def _say_otherwise(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    return f"{shown(details['input'])}: {details['msg']}.", "See docs/catalog.md for what may stand here."


_WORDS: dict[str, Callable[[Place, ErrorDetails], tuple[str, str]]] = {
    "catalog": _say_refused,
    "missing": _say_missing,
    "extra_forbidden": _say_unknown,
    "literal_error": _say_literal,
    "string_type": _say_text,
    "dict_type": _say_mapping,
    "model_type": _say_mapping,
    "tuple_type": _say_list,
    "too_short": _say_empty,
    "int_type": _say_whole_number,
    "greater_than_equal": _say_whole_number,
}
