"""How the files of a table are written, as discovery has chosen it: the options, each with its reason.

Which delimiter, NULL or encoding files have is found out in `dialects`, `null_text` and `encodings`; here the
choices of several tables are held against each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.infer.explained import Explained


@dataclass(frozen=True)
class ChosenOptions:
    """How a source or a table is written.

    Attributes:
        files: the options.
        why: a sentence for some of them.
    """

    files: FileOptions
    why: Mapping[str, str] = field(default_factory=dict)

    def with_option(self, key: str, value: Any, why: str) -> "ChosenOptions":
        """Return the same with another value of an option."""
        return ChosenOptions(files=self.files.model_copy(update={key: value}), why={**self.why, key: why})


def most_common_options(chosen: Mapping[str, ChosenOptions]) -> ChosenOptions:
    """Return the options that most tables share, each on its own; the default where two are as frequent.

    Args:
        chosen: what holds for each table.
    """
    shared = ChosenOptions(FileOptions())
    for key, default in FileOptions().model_dump().items():
        value, count = _most_common_value(key, default, list(chosen.values()))
        if value == default:
            continue
        alone = len(chosen) == 1
        why = _first_reason(key, value, chosen) if alone else f"so in {count} of {len(chosen)} tables"
        shared = shared.with_option(key, value, why)
    return shared


def _most_common_value(key: str, default: Any, chosen: Sequence[ChosenOptions]) -> tuple[Any, int]:
    """Return the value of an option that most tables have, and how many they are."""
    votes = Counter(getattr(each.files, key) for each in chosen)
    return max(votes.items(), key=lambda vote: (vote[1], vote[0] == default), default=(default, 0))


def _first_reason(key: str, value: Any, chosen: Mapping[str, ChosenOptions]) -> str:
    for each in chosen.values():
        why = each.why.get(key, "")
        if why and getattr(each.files, key) == value:
            return why
    return ""


def differing_options(of: ChosenOptions, source: FileOptions) -> dict[str, Explained]:
    """Return the options of a table that are not its source's, each with the reason."""
    of_source = source.model_dump()
    differing: dict[str, Explained] = {}
    for key, value in of.files.model_dump().items():
        if value != of_source[key]:
            why = of.why.get(key, "as is the default; the source's other tables differ")
            differing[key] = Explained(value, why)
    return differing
