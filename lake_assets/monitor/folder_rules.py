"""What is looked for in the lake's folders, beside those of the catalog's tables: rules for findings.

Pure functions of what `lake.loose_objects` and `lake.levels` have seen. What is looked for in the tables of
one source belongs to `finding_rules`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict

from lake_assets.lake.levels import WrongLevel
from lake_assets.lake.loose_objects import LooseKind, LooseObjects
from lake_assets.lake.s3 import Lake
from lake_assets.monitor.findings import Finding, Kind

LOOSE_KINDS: Mapping[LooseKind, Kind] = {"loose": "loose_objects", "mixed": "mixed_changes"}


def unknown_sources(
    folders: Mapping[str, Sequence[str]], known: Collection[str], mixed: Collection[str]
) -> Iterator[Finding]:
    """Yield folders that hold tables, and are no source of the catalog.

    Args:
        folders: those of the lake's tables, by the folder of their source.
        known: folders of the catalog's sources.
        mixed: folders that hold mixed changes and no table.
    """
    for folder, below in folders.items():
        tables = [table for table in below if f"{folder}/{table}" not in mixed]
        if tables and folder not in known:
            details = {"folder": folder, "tables": len(tables)}
            yield Finding(kind="unknown_source", details=details, subject=folder)


def loose_findings(lake: Lake, loose: Iterable[LooseObjects]) -> Iterator[Finding]:
    """Yield the places in which objects of no table lie."""
    for each in loose:
        details = each.details(lake)
        yield Finding(kind=LOOSE_KINDS[each.kind], details=details, subject=details["place"])


def level_findings(wrong: Iterable[WrongLevel]) -> Iterator[Finding]:
    """Yield the places at which LAKE is a folder too high or too low."""
    for each in wrong:
        details = {**asdict(each), "tables": list(each.tables)}
        yield Finding(kind="wrong_level", details=details, subject=each.place or each.lake)
