"""`lake-assets doctor`: a line for each thing that is needed, OK or what to do."""

import importlib.metadata
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain

import psycopg
from rich.text import Text

from lake_assets.alerts.gather import silence
from lake_assets.alerts.receivers import checked_receivers
from lake_assets.catalog.models import Table
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.output.console import mark, print_line, stdout_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.escapes import escape_unprintable
from lake_assets.exceptions import ConfigurationError, LakeAssetsError
from lake_assets.lake.levels import find_wrong_levels, refuse_wrong_levels
from lake_assets.lake.loose_objects import find_loose, look_around, loose_sentence
from lake_assets.ledger.files import newest_hour_with_files
from lake_assets.load.modes.registry import mode_of
from lake_assets.load.orphaned_tables import list_orphaned_tables
from lake_assets.load.unknown_types import unknown_types
from lake_assets.pluralize import pluralize
from lake_assets.postgres import SOFT_COPY_SERVER
from lake_assets.settings import ALERTS
from lake_assets.states.decide import is_beyond_retention
from lake_assets.states.sentences import sentence

START_DAEMON = (
    "See that dagster-daemon and the code location run, and that their schedules and sensors are on."
)

VERSIONS_IN_MAJOR = 10_000
"""What PostgreSQL's `server_version_num` is divided by to get the version that people say."""

STORAGES = {
    "SqliteEventLogStorage": "SQLite, fit for one user at a time",
    "ConsolidatedSqliteEventLogStorage": "SQLite, fit for one user at a time",
    "PostgresEventLogStorage": "PostgreSQL",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is needed: whether it is as it should be, and what is known of it or what to do."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Check:
    """How one thing is looked at.

    Attributes:
        look: returns what is known of it; raises a LakeAssetsError that says what to do where it is not good.
        needs: the things that must be good before it can be looked at.
    """

    look: Callable[[Context], str]
    needs: tuple[str, ...] = ()


def run(*, as_json: bool) -> int:
    """Look at everything, and return exit status 1 if something is not as it should be."""
    findings: list[Finding] = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        write_json({"findings": [asdict(finding) for finding in findings]})
    return exit_status(needs_attention=any(not finding.ok for finding in findings))


def _show(finding: Finding) -> None:
    console = stdout_console()
    first, *more = finding.detail.splitlines()
    line = f"{finding.name}: {escape_unprintable(first)}"
    print_line(console, Text.assemble(mark(ok=finding.ok), line))
    for detail in more:
        print_line(console, f"    {escape_unprintable(detail)}")


def examine() -> Iterator[Finding]:
    """Look at settings and services, then at what they hold, and yield what is found."""
    version = importlib.metadata.version("lake-assets")
    yield Finding(name="lake_assets", ok=True, detail=f"{version} on Python {platform.python_version()}")
    try:
        with open_context() as context:
            yield Finding(name="settings", ok=True, detail=_settings(context))
            yield from _examine_all(context)
    except LakeAssetsError as error:
        yield Finding(name="settings", ok=False, detail=str(error))


def _examine_all(context: Context) -> Iterator[Finding]:
    good: set[str] = set()
    for name, check in CHECKS.items():
        lacking = [need for need in check.needs if need not in good]
        if lacking:
            detail = f"not looked at; first mend {' and '.join(lacking)}"
            yield Finding(name=name, ok=False, detail=detail)
            continue
        finding = _examine_one(name, check, context)
        if finding.ok:
            good.add(name)
        yield finding


def _examine_one(name: str, check: Check, context: Context) -> Finding:
    try:
        return Finding(name=name, ok=True, detail=check.look(context))
    except LakeAssetsError as error:
        return Finding(name=name, ok=False, detail=str(error).strip())


def _settings(context: Context) -> str:
    if context.embedded:
        return (
            f"the embedded stack under {context.settings.home}, for neither LAKE_ASSETS_LAKE nor "
            "LAKE_ASSETS_WAREHOUSE is set"
        )
    return "your own lake and warehouse (LAKE_ASSETS_LAKE, LAKE_ASSETS_WAREHOUSE)"


def _catalog(context: Context) -> str:
    catalog = context.catalog
    transformed = [table for table in catalog.tables if table.transform is not None]
    if transformed:
        # It brings pandas, which takes half a second that most catalogs need not pay.
        from lake_assets.load.frames.transform import find_function  # noqa: PLC0415

        for table in transformed:
            find_function(table)
    tables, sources = pluralize(len(catalog.tables), "table"), pluralize(len(catalog.sources), "source")
    return f"{tables} of {sources} in {context.settings.catalog}"


def _lake(context: Context) -> str:
    look = look_around(context.lake)
    look.refuse_failed()
    refuse_wrong_levels(find_wrong_levels(context.lake, look, _declared(context)))
    folders = [tables for tables in look.tables.values() if tables]
    tables = pluralize(sum(len(tables) for tables in folders), "table")
    return f"{context.lake_place.url}: folders of {pluralize(len(folders), 'source')} with {tables}"


def _declared(context: Context) -> list[str]:
    """Return the folders of sources that say themselves how deep their tables lie."""
    try:
        return context.catalog.deep_folders
    except LakeAssetsError:
        return []  # told in a line of its own


def _warehouse(context: Context) -> str:
    with context.connect() as connection:
        version = connection.info.server_version
        unknown = _unknown_types(context, connection)
    if unknown:
        raise LakeAssetsError("\n".join(unknown))
    remark = "" if version >= SOFT_COPY_SERVER else " (17 and later load faster)"
    major = version // VERSIONS_IN_MAJOR
    return f"{context.warehouse}: PostgreSQL {major}{remark}, with the schema lake_assets"


def _unknown_types(context: Context, connection: psycopg.Connection) -> list[str]:
    """Return what is to be said of types that only the catalog has; a catalog with faults tells its own."""
    try:
        tables = context.catalog.tables
    except ConfigurationError:
        return []
    return list(chain.from_iterable(unknown_types(connection, table) for table in tables))


def _dagster(context: Context) -> str:
    with context.dagster() as instance:
        storage = type(instance.event_log_storage).__name__
        return f"{instance.root_directory}, runs and events in {STORAGES.get(storage, storage)}"


def _tables(context: Context) -> str:
    lake = context.lake
    look = look_around(lake)
    look.refuse_failed()
    loose = list(find_loose(lake, look, context.catalog.first_folders))
    mixed = {each.place for each in loose if each.kind == "mixed"}
    in_lake = {(source, folder) for source, of_source in look.tables.items() for folder in of_source}
    in_catalog = {(table.source_folder, table.folder): table for table in context.catalog.tables}
    unknown = sorted(f"{source}/{folder}" for source, folder in in_lake - in_catalog.keys())
    unknown = [folder for folder in unknown if folder not in mixed]
    without_folder = [in_catalog[folder] for folder in in_catalog.keys() - in_lake]
    absent = sorted(table.qualified for table in without_folder if not _has_expired(context, table))
    faults = _unsupported_tables(context)
    faults += [loose_sentence(each.kind, each.details(lake)) for each in loose]
    if unknown:
        faults.append(
            f"in the lake and not in the catalog: {', '.join(unknown)}. Add them to the catalog, for their "
            "files are not loaded."
        )
    if absent:
        faults.append(
            f"in the catalog and without a folder in the lake: {', '.join(absent)}. See whether DMS delivers "
            "them, and whether `from` in the catalog names their folder."
        )
    if faults:
        raise LakeAssetsError("\n".join(faults))
    return "every table of the catalog has a folder in the lake, and every folder a table"


def _has_expired(context: Context, table: Table) -> bool:
    """Return whether all files of a table that were loaded are so old that they may be gone."""
    if table.lake_retention is None:
        return False
    with context.connect() as connection:
        newest = newest_hour_with_files(connection, table)
    return newest is not None and is_beyond_retention(table, newest, datetime.now(UTC))


def _unsupported_tables(context: Context) -> list[str]:
    refusals = [mode_of(table).why_not_loaded for table in context.catalog.tables]
    return [sentence(refusal) for refusal in refusals if refusal is not None]


def _leftovers(context: Context) -> str:
    with context.connect() as connection:
        leftovers = list_orphaned_tables(connection, context.catalog)
    if not leftovers:
        return "every table that was ever loaded is in the catalog"
    return (
        f"no longer in the catalog, and left as they are: {', '.join(leftovers)}. Nothing loads them, checks "
        "them or tells of them; put them back into the catalog, or drop them yourself."
    )


def _judge(context: Context) -> str:
    with context.connect() as connection:
        incidents = silence(connection, context.catalog, datetime.now(UTC))
    if incidents:
        raise LakeAssetsError("\n".join(f"{incident.reason}. {START_DAEMON}" for incident in incidents))
    return "it ran within two hours, or has never run"


def _alerts(context: Context) -> str:
    receivers = checked_receivers(context.settings.alerts)
    if not receivers:
        return f"no receiver, for {ALERTS} is not set: `lake-assets alerts list` shows what nobody is told of"
    services = ", ".join(receiver.service for receiver in receivers)
    return f"{pluralize(len(receivers), 'receiver')} ({services})"


CHECKS: dict[str, Check] = {
    "catalog": Check(look=_catalog),
    "lake": Check(look=_lake),
    "warehouse": Check(look=_warehouse),
    "dagster": Check(look=_dagster),
    "tables": Check(look=_tables, needs=("catalog", "lake")),
    "leftovers": Check(look=_leftovers, needs=("catalog", "warehouse")),
    "judge": Check(look=_judge, needs=("catalog", "warehouse")),
    "alerts": Check(look=_alerts),
}
"""What is looked at, in this order."""
