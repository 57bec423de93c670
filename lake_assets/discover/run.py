"""`discover` as a whole: the lake's folders become catalog files, one a source.

What is done for one source is `source`'s business.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lake_assets.catalog.models import Catalog, Source
from lake_assets.catalog.read import SUFFIXES, read_catalog
from lake_assets.discover.names import Taken
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.discover.source import SourceWork
from lake_assets.exceptions import ConfigurationError
from lake_assets.lake.s3 import Lake


def discover(
    lake: Lake, folder: Path, names: Sequence[str] = (), progress: Progress | None = None
) -> list[SourceReport]:
    """Write catalog files that load what the lake holds.

    Args:
        lake: what to read.
        folder: the catalog's folder; it is made if it is not there.
        names: sources, by folder or by name in the catalog; none means all.
        progress: whom to tell how far it is.

    Raises:
        ConfigurationError: a name is unknown, the catalog that is there has faults, or the lake is empty.
        LakeError: the lake cannot be listed.
    """
    known = read_catalog(folder) if _holds_catalog(folder) else Catalog()
    folders = lake.list_folders()
    by_folder = {source.folder: source for source in known.sources}
    wanted = _select(folders, by_folder, names)
    taken = Taken(known)
    reports = []
    # Plain names first, so that they stay as they are.
    for source_folder in sorted(
        wanted, key=lambda name: (name not in by_folder, not name.isidentifier(), name)
    ):
        existing = by_folder.get(source_folder)
        work = SourceWork(lake, folder, source_folder, existing, taken, progress or Progress())
        reports.append(work.run(folders[source_folder]))
    if not names:
        reports += [_vanished(source) for source in known.sources if source.folder not in folders]
    return reports


def _vanished(source: Source) -> SourceReport:
    said = f"the lake has no folder {source.folder!r} any more, or not yet; {source.path} describes it"
    return SourceReport(source.name, source.folder, changed=[said])


def _holds_catalog(folder: Path) -> bool:
    return folder.is_dir() and any(
        path.suffix.lower() in SUFFIXES and not path.name.startswith(".") for path in folder.iterdir()
    )


def _select(
    folders: Mapping[str, tuple[str, ...]], by_folder: Mapping[str, Source], names: Sequence[str]
) -> list[str]:
    if not folders:
        raise ConfigurationError(
            "The lake holds no folder. A source is a folder right in LAKE_ASSETS_LAKE, a table one in that."
        )
    by_name = {source.name: folder for folder, source in by_folder.items() if folder in folders}
    wanted = [name if name in folders else by_name.get(name, "") for name in names]
    if unknown := [name for name, folder in zip(names, wanted, strict=True) if not folder]:
        raise ConfigurationError(
            f"The lake has no folder {', '.join(map(repr, unknown))}. It has {', '.join(folders)}."
        )
    return list(dict.fromkeys(wanted)) or list(folders)
