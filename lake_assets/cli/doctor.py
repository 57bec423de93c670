"""`lake-assets doctor`: one line for each thing that is needed, OK or the remedy."""

import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from rich.text import Text

from lake_assets.cli.display import data
from lake_assets.cli.main import FINE, NEEDS_ATTENTION, write_json
from lake_assets.cli.workplace import Workplace, workplace
from lake_assets.exceptions import LakeAssetsError
from lake_assets.postgres import SOFT_COPY_SERVER


@dataclass(frozen=True)
class Finding:
    """One thing that is needed: whether it is there, and what is known of it or what to do."""

    name: str
    ok: bool
    detail: str


def run(*, as_json: bool) -> int:
    """Look at everything; give exit status 1 if something is not as it should be."""
    findings = list(examine())
    if as_json:
        write_json({"findings": [vars(finding) for finding in findings]})
    else:
        console = data()
        for finding in findings:
            mark = Text("OK  ", "green") if finding.ok else Text("BAD ", "bold red")
            console.print(Text.assemble(mark, f"{finding.name}: {finding.detail}"))
    return FINE if all(finding.ok for finding in findings) else NEEDS_ATTENTION


def examine() -> Iterator[Finding]:
    """Look at settings and services, then at what they hold."""
    yield Finding("lake_assets", ok=True, detail=importlib.metadata.version("lake-assets"))
    try:
        with workplace() as place:
            kind = "your own lake and warehouse" if place.settings.home else ""
            yield Finding("settings", ok=True, detail=kind or "read")
            for name, look in CHECKS.items():
                yield _examine_one(name, look, place)
    except LakeAssetsError as error:
        yield Finding("settings", ok=False, detail=str(error))


def _examine_one(name: str, look: Callable[[Workplace], str], place: Workplace) -> Finding:
    try:
        return Finding(name, ok=True, detail=look(place))
    except (LakeAssetsError, psycopg.Error) as error:
        return Finding(name, ok=False, detail=str(error).strip())


def _catalog(place: Workplace) -> str:
    tables = len(place.catalog.tables)
    return f"{tables} tables of {len(place.catalog.sources)} sources in {place.settings.catalog}"


def _lake(place: Workplace) -> str:
    folders = place.lake.list_folders()
    tables = sum(len(tables) for tables in folders.values())
    return f"{place.lake_place.url}: {len(folders)} folders of sources with {tables} tables"


def _warehouse(place: Workplace) -> str:
    with place.connect() as connection:
        version = connection.info.server_version
    how = "COPY casts" if version >= SOFT_COPY_SERVER else "cast after COPY, for PostgreSQL 16 (slower)"
    return f"{place.warehouse}: PostgreSQL {version // 10000}, {how}; the schema lake_assets can be written"


def _dagster(place: Workplace) -> str:
    with place.dagster() as instance:
        return f"{instance.root_directory}, runs and events in {type(instance.event_log_storage).__name__}"


def _known_tables(place: Workplace) -> str:
    folders = place.lake.list_folders()
    known = {(table.source, table.folder) for table in place.catalog.tables}
    present = {(source, table) for source, tables in folders.items() for table in tables}
    unknown = sorted(f"{source}/{table}" for source, table in present - known)
    absent = sorted(f"{source}/{table}" for source, table in known - present)
    if unknown or absent:
        raise LakeAssetsError(
            "; ".join(
                part
                for part in (
                    unknown
                    and f"folders of the lake that the catalog does not name: {', '.join(unknown)} "
                    "(add them under `tables`)",
                    absent
                    and f"tables of the catalog without a folder in the lake: {', '.join(absent)} "
                    "(see whether DMS delivers them)",
                )
                if part
            )
        )
    return f"all {len(known)} tables of the catalog have a folder, and no folder is unknown"


CHECKS: dict[str, Callable[[Workplace], str]] = {
    "catalog": _catalog,
    "lake": _lake,
    "warehouse": _warehouse,
    "dagster": _dagster,
    "tables": _known_tables,
}
