"""`lake-assets doctor`: a line for each thing that is needed, OK or what to do."""

import importlib.metadata
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.text import Text

from lake_assets.alerts.gather import silence
from lake_assets.cli.alerts import describe_receivers
from lake_assets.cli.answer import ALL_WELL, NEEDS_ATTENTION, write_json
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.display import data, one_line, say
from lake_assets.exceptions import LakeAssetsError
from lake_assets.load.modes.registry import mode_of
from lake_assets.load.orphaned_tables import list_orphaned_tables
from lake_assets.pluralize import pluralize
from lake_assets.postgres import SOFT_COPY_SERVER
from lake_assets.states.sentences import sentence

START_DAEMON = (
    "See that dagster-daemon and the code location run, and that their schedules and sensors are on."
)

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


def run(*, as_json: bool) -> int:
    """Look at everything; give exit status 1 if something is not as it should be."""
    findings: list[Finding] = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        write_json({"findings": [asdict(finding) for finding in findings]})
    return ALL_WELL if all(finding.ok for finding in findings) else NEEDS_ATTENTION


def _show(finding: Finding) -> None:
    mark = ("OK  ", "green") if finding.ok else ("BAD ", "bold red")
    first, *more = finding.detail.splitlines()
    say(data(), Text.assemble(mark, f"{finding.name}: {one_line(first)}"))
    for line in more:
        say(data(), f"    {one_line(line)}")


def examine() -> Iterator[Finding]:
    """Look at settings and services, then at what they hold."""
    version = importlib.metadata.version("lake-assets")
    yield Finding("lake_assets", ok=True, detail=f"{version} on Python {platform.python_version()}")
    try:
        with open_context() as place:
            yield Finding("settings", ok=True, detail=_settings(place))
            good = {"settings"}
            for name, (look, needs) in CHECKS.items():
                if lacking := [need for need in needs if need not in good]:
                    yield Finding(name, ok=False, detail=f"not looked at; first mend {' and '.join(lacking)}")
                    continue
                finding = _examine_one(name, look, place)
                good |= {name} if finding.ok else set()
                yield finding
    except LakeAssetsError as error:
        yield Finding("settings", ok=False, detail=str(error))


def _examine_one(name: str, look: Callable[[Context], str], place: Context) -> Finding:
    try:
        return Finding(name, ok=True, detail=look(place))
    except LakeAssetsError as error:
        return Finding(name, ok=False, detail=str(error).strip())


def _settings(place: Context) -> str:
    if place.embedded:
        return (
            f"the embedded stack under {place.settings.home}, for neither LAKE_ASSETS_LAKE nor "
            "LAKE_ASSETS_WAREHOUSE is set"
        )
    return "your own lake and warehouse (LAKE_ASSETS_LAKE, LAKE_ASSETS_WAREHOUSE)"


def _catalog(place: Context) -> str:
    sources = pluralize(len(place.catalog.sources), "source")
    transformed = [table for table in place.catalog.tables if table.transform is not None]
    if transformed:
        # It brings pandas, which takes half a second that most catalogs need not pay.
        from lake_assets.load.frames.transform import find_function  # noqa: PLC0415

        for table in transformed:
            find_function(table)
    return f"{pluralize(len(place.catalog.tables), 'table')} of {sources} in {place.settings.catalog}"


def _lake(place: Context) -> str:
    folders = [tables for tables in place.lake.list_folders().values() if tables]
    tables = pluralize(sum(map(len, folders)), "table")
    return f"{place.lake_place.url}: folders of {pluralize(len(folders), 'source')} with {tables}"


def _warehouse(place: Context) -> str:
    with place.connect() as connection:
        version = connection.info.server_version
    how = "" if version >= SOFT_COPY_SERVER else " (17 and later load faster)"
    return f"{place.warehouse}: PostgreSQL {version // 10000}{how}, with the schema lake_assets"


def _dagster(place: Context) -> str:
    with place.dagster() as instance:
        storage = type(instance.event_log_storage).__name__
        return f"{instance.root_directory}, runs and events in {STORAGES.get(storage, storage)}"


def _tables(place: Context) -> str:
    folders = place.lake.list_folders()
    known = {(table.source_folder, table.folder): table for table in place.catalog.tables}
    present = {(source, table) for source, tables in folders.items() for table in tables}
    unknown = sorted(f"{source}/{folder}" for source, folder in present - known.keys())
    absent = sorted(known[place_].qualified for place_ in known.keys() - present)
    refusals = [mode_of(table).why_not_loaded for table in place.catalog.tables]
    lines = [sentence(refusal) for refusal in refusals if refusal is not None]
    if unknown:
        lines.append(
            f"in the lake and not in the catalog: {', '.join(unknown)}. Add them to the catalog, for their "
            "files are not loaded."
        )
    if absent:
        lines.append(
            f"in the catalog and without a folder in the lake: {', '.join(absent)}. See whether DMS delivers "
            "them, and whether `from` in the catalog names their folder."
        )
    if lines:
        raise LakeAssetsError("\n".join(lines))
    return "every table of the catalog has a folder in the lake, and every folder a table"


def _leftovers(place: Context) -> str:
    with place.connect() as connection:
        left = list_orphaned_tables(connection, place.catalog)
    if not left:
        return "every table that was ever loaded is in the catalog"
    return (
        f"no longer in the catalog, and left as they are: {', '.join(left)}. Nothing loads them, checks "
        "them or tells of them; put them back into the catalog, or drop them yourself."
    )


def _judge(place: Context) -> str:
    with place.connect() as connection:
        troubles = silence(connection, place.catalog, datetime.now(UTC))
    if troubles:
        raise LakeAssetsError("\n".join(f"{trouble.reason}. {START_DAEMON}" for trouble in troubles))
    return "it ran within two hours, or has never run"


CHECKS: dict[str, tuple[Callable[[Context], str], tuple[str, ...]]] = {
    "catalog": (_catalog, ()),
    "lake": (_lake, ()),
    "warehouse": (_warehouse, ()),
    "dagster": (_dagster, ()),
    "tables": (_tables, ("catalog", "lake")),
    "leftovers": (_leftovers, ("catalog", "warehouse")),
    "judge": (_judge, ("catalog", "warehouse")),
    "alerts": (describe_receivers, ()),
}
"""What is looked at, in this order, and what must be good before it can be."""
