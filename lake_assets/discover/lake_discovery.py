"""`discover` as a whole: the lake's folders become catalog files, one a source.

What is done for one source is `source`'s business.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lake_assets.catalog.models import Catalog, Source
from lake_assets.catalog.read import SUFFIXES, read_catalog
from lake_assets.discover.infer.names import TakenNames
from lake_assets.discover.preferences import USUAL, Preferences
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.discover.source.context import make_context
from lake_assets.discover.source.steps import discover_source
from lake_assets.exceptions import ConfigurationError
from lake_assets.lake.levels import find_wrong_levels, refuse_wrong_levels
from lake_assets.lake.loose_objects import LakeLook, find_loose, look_around, loose_sentence
from lake_assets.lake.s3 import Lake


def discover(
    lake: Lake,
    folder: Path,
    names: Sequence[str] = (),
    progress: Progress | None = None,
    preferences: Preferences = USUAL,
) -> list[SourceReport]:
    """Write catalog files that load what the lake holds.

    Args:
        lake: what to read.
        folder: the catalog's folder; it is made if it is not there.
        names: sources, by folder or by name in the catalog; none means all.
        progress: whom to tell how far it is.
        preferences: how to choose.

    Returns:
        What came of each source.

    Raises:
        ConfigurationError: a name is unknown, the catalog that is there has faults, or the lake is empty.
        LakeError: the lake cannot be listed.
    """
    catalog = Catalog()
    if _holds_catalog(folder):
        catalog = read_catalog(folder)
    existing = {source.folder: source for source in catalog.sources}
    look = look_around(lake)
    look.refuse_failed()
    folders = look.tables
    _refuse_wrong_levels(lake, look, catalog, names)
    wanted = _select(folders, existing, names)
    taken = TakenNames(catalog)
    reports = []
    for source_folder in _best_named_first(wanted, existing):
        context = make_context(
            lake=lake,
            catalog=folder,
            folder=source_folder,
            existing=existing.get(source_folder),
            taken=taken,
            progress=progress or Progress(),
            preferences=preferences,
        )
        discover_source(context, folders[source_folder])
        reports.append(context.report)
    whole = _report_loose(lake, look, reports)
    if not names:
        reports += whole
        reports += [_report_vanished(source) for source in catalog.sources if source.folder not in folders]
    return reports


def _refuse_wrong_levels(lake: Lake, look: LakeLook, catalog: Catalog, names: Sequence[str]) -> None:
    """Raise if what is asked for lies a folder higher or lower than a source does.

    Raises:
        ConfigurationError: it does.
    """
    wrong = find_wrong_levels(lake, look, catalog.deep_folders)
    refuse_wrong_levels([each for each in wrong if not names or not each.place or each.source in names])


def _report_loose(lake: Lake, look: LakeLook, reports: Sequence[SourceReport]) -> list[SourceReport]:
    """Report objects that lie in no table's folder with their source; return a report of the others."""
    of_source = {report.folder: report for report in reports}
    # What lies in their tables' folders has been told, file by file.
    known = {folder: look.tables[folder] for folder in of_source}
    whole = SourceReport(source=lake.top, folder="")
    for loose in find_loose(lake, look, known):
        folder, _, _ = loose.place.partition("/")
        report = of_source.get(folder, whole)
        report.left_out.append(loose_sentence(loose.kind, loose.details(lake)))
    return [whole] if whole.left_out else []


def _best_named_first(folders: Sequence[str], existing: Mapping[str, Source]) -> list[str]:
    """Return folders of the catalog first, then those whose names can stay as they are."""
    return sorted(folders, key=lambda name: (name not in existing, not name.isidentifier(), name))


def _report_vanished(source: Source) -> SourceReport:
    said = f"the lake has no folder {source.folder!r} any more, or not yet; {source.path} describes it"
    return SourceReport(source=source.name, folder=source.folder, changed=[said])


def _holds_catalog(folder: Path) -> bool:
    return folder.is_dir() and any(map(_is_catalog_file, folder.iterdir()))


def _is_catalog_file(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _select(
    folders: Mapping[str, tuple[str, ...]], existing: Mapping[str, Source], names: Sequence[str]
) -> list[str]:
    """Return the folders of the sources that are asked for, each once; all if none is."""
    if not folders:
        raise ConfigurationError(
            "The lake holds no folder. A source is a folder right in LAKE_ASSETS_LAKE, a table one in that."
        )
    by_name = {source.name: folder for folder, source in existing.items() if folder in folders}
    by_name |= {folder: folder for folder in folders}  # a folder's own name outweighs a source's
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise ConfigurationError(
            f"The lake has no folder {', '.join(map(repr, unknown))}. It has {', '.join(folders)}."
        )
    wanted = dict.fromkeys(by_name[name] for name in names)
    return list(wanted) or list(folders)
