"""A folder of YAML files becomes a `Catalog`, or one error that names every fault of every file.

The parts it puts together: `yaml_text` (text), `shape` (keys and values), `rules` (what must fit together).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.faults import Fault, Place
from lake_assets.catalog.models import Catalog
from lake_assets.catalog.rules import catalog_faults, source_faults
from lake_assets.catalog.shape import read_shape
from lake_assets.catalog.yaml_text import YamlText, read_yaml
from lake_assets.exceptions import CatalogError, CatalogFault, ConfigurationError

SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True)
class _Draft:
    """One file, read as far as it can be."""

    path: Path
    shown: str
    yaml: YamlText
    document: SourceDocument | None
    faults: tuple[Fault, ...]

    def situate(self, fault: Fault) -> CatalogFault:
        """Give a fault its file and line."""
        line = fault.line or self.yaml.line_of(fault.place)
        return CatalogFault(self.shown, line, _where(fault.place), fault.message, fault.remedy)


def read_catalog(folder: Path) -> Catalog:
    """Read all YAML files of a folder (not of the folders in it), one source each.

    Args:
        folder: the catalog's folder.

    Raises:
        ConfigurationError: there is no such folder, or no YAML file in it.
        CatalogError: the files have faults; it names them all, each with file and line.
    """
    drafts = [_read_file(path) for path in _find_files(folder)]
    faults = [draft.situate(fault) for draft in drafts for fault in draft.faults]
    together = catalog_faults([(draft.shown, draft.yaml.data) for draft in drafts])
    faults += [drafts[index].situate(fault) for index, fault in together]
    if faults:
        raise CatalogError(sorted(faults, key=lambda fault: (fault.file, fault.line)))
    return Catalog(sources=tuple(to_source(draft.document, draft.path) for draft in drafts if draft.document))


def _find_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ConfigurationError(
            f"The catalog folder {folder} does not exist. Set LAKE_ASSETS_CATALOG to the folder of your "
            "catalog; `lake-assets discover` writes one from what is in the lake."
        )
    found = sorted(path for path in folder.iterdir() if _is_catalog_file(path))
    if not found:
        raise ConfigurationError(
            f"The catalog folder {folder} holds no YAML file. Set LAKE_ASSETS_CATALOG to the folder of your "
            "catalog, or let `lake-assets discover` write one from what is in the lake."
        )
    return found


def _is_catalog_file(path: Path) -> bool:
    # Editors and macOS leave hidden files of the same suffix beside the real ones.
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()


def _read_file(path: Path) -> _Draft:
    shown = _shown(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        fault = Fault((), f"cannot be read: {error.strerror}.", "Let this user read it, or move it away.", 1)
        return _Draft(path, shown, YamlText(), None, (fault,))
    text = read_yaml(content)
    if text.data is None and text.faults:
        return _Draft(path, shown, text, None, tuple(text.faults))
    document, misshapen = read_shape(text.data)
    return _Draft(path, shown, text, document, (*text.faults, *misshapen, *source_faults(text.data)))


def _shown(path: Path) -> str:
    here = Path.cwd()
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links away from the name people know
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def _where(place: Place) -> str:
    return "".join(_steps(place)) or "the file"


def _steps(place: Place) -> Iterator[str]:
    for depth, part in enumerate(place):
        if isinstance(part, int):
            yield f"[{part}]"
        else:
            yield f".{part}" if depth else part
