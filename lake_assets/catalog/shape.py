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
    """Return the document, or None and all its faults of shape.

    Args:
        data: what the YAML text holds.
    """
    try:
        return SourceDocument.model_validate(data), []
    except ValidationError as error:
        return None, [_to_fault(details) for details in error.errors()]


def _to_fault(details: ErrorDetails) -> Fault:
    place = tuple(part for part in details["loc"] if part != "[key]")
    explain = _EXPLANATIONS.get(details["type"], _explain_otherwise)
    if details["type"] != "missing" and details["input"] is None:
        explain = _explain_nothing_there
    message, remedy = explain(place, details)
    return Fault(place=place, message=message, remedy=remedy)


def _explain_nothing_there(place: Place, details: ErrorDetails) -> tuple[str, str]:
    if place[-2:-1] == ("columns",):
        return "has no type.", f"Write one, such as {place[-1]}: text."
    if details["type"] in {"dict_type", "model_type"}:
        return "has nothing below it.", "Write its keys below it, indented, or remove it."
    return "has no value.", 'Write one, in quotes where it is "" or "NULL", or remove the key.'


def _explain_refused(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    context = details.get("ctx", {})
    return str(context["message"]), str(context["remedy"])


def _explain_missing(place: Place, _details: ErrorDetails) -> tuple[str, str]:
    key = str(place[-1])
    model = model_at(place[:-1])
    described = {field.alias or name: field.description for name, field in model.model_fields.items()}
    return "is missing.", f"Add `{key}:`. {described[key]}"


def _explain_unknown(place: Place, _details: ErrorDetails) -> tuple[str, str]:
    keys = known_keys(model_at(place[:-1]))
    hint = did_you_mean(str(place[-1]), keys)
    return "is not a key known here.", sentences(hint, f"The keys here are {', '.join(keys)}.")


def _explain_literal(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    expected = str(details.get("ctx", {})["expected"])
    words = expected.replace(" or ", ", ").replace("'", "").replace("True", "true").replace("False", "false")
    hint = did_you_mean(str(details["input"]), words.split(", "))
    return f"{shown(details['input'])} is not a word known here.", sentences(hint, f"Write one of {words}.")


def _explain_text(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    if isinstance(details["input"], dict | list):
        return "holds more than a text.", "Write a single text."
    return f"{shown(details['input'])} is not a text.", "Put it in quotes, as it shall be."


def _explain_mapping(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    return (
        f"{shown(details['input'])} stands where keys belong.",
        "Write `key: value` pairs below it, indented.",
    )


def _explain_list(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    given = details["input"]
    example = "[id]"
    if isinstance(given, str):
        example = f"[{given}]"
    return f"{shown(given)} is not a list.", f"Write one, such as {example}."


def _explain_empty(_place: Place, _details: ErrorDetails) -> tuple[str, str]:
    return (
        "is empty.",
        "Write at least one entry below it, indented; docs/catalog.md has examples.",
    )


def _explain_whole_number(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    return (
        f"{shown(details['input'])} is not a whole number of 1 or more.",
        "Write one without quotes, such as 7.",
    )


def _explain_otherwise(_place: Place, details: ErrorDetails) -> tuple[str, str]:
    return f"{shown(details['input'])}: {details['msg']}.", "See docs/catalog.md for what may stand here."


_EXPLANATIONS: dict[str, Callable[[Place, ErrorDetails], tuple[str, str]]] = {
    "catalog": _explain_refused,
    "missing": _explain_missing,
    "extra_forbidden": _explain_unknown,
    "literal_error": _explain_literal,
    "string_type": _explain_text,
    "dict_type": _explain_mapping,
    "model_type": _explain_mapping,
    "tuple_type": _explain_list,
    "too_short": _explain_empty,
    "int_type": _explain_whole_number,
    "greater_than_equal": _explain_whole_number,
}
