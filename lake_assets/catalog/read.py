"""A folder of YAML files becomes a `Catalog`, or one error that names every fault of every file.

The parts it puts together: `yaml_text` (text), `shape` (keys and values), `rules` (what must fit together).
"""

import os
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from lake_assets.catalog.document import SourceDocument, to_source
from lake_assets.catalog.faults import Fault, Place
from lake_assets.catalog.models import Catalog
from lake_assets.catalog.rules import catalog_faults, source_faults
from lake_assets.catalog.shape import read_shape
from lake_assets.catalog.yaml_text import YamlText, read_yaml, unreadable
from lake_assets.exceptions import CatalogError, CatalogFault, ConfigurationError

SUFFIXES = frozenset({".yaml", ".yml"})


@dataclass(frozen=True)
class _Draft:
    """One file, read as far as it can be.

    Attributes:
        path: where it is.
        shown: its name, as people are told it.
        yaml: its text as data.
        document: its form; None where it has faults of shape.
        faults: what is wrong within it.
    """

    path: Path
    shown: str
    yaml: YamlText
    document: SourceDocument | None
    faults: list[Fault]

    def situate(self, fault: Fault) -> CatalogFault:
        """Return a fault with its file and line."""
        return CatalogFault(
            file=self.shown,
            line=fault.line or self.yaml.line_of(fault.place),
            where=_where(fault.place),
            message=fault.message,
            remedy=fault.remedy,
        )


def read_catalog(folder: Path) -> Catalog:
    """Read all YAML files of a folder (not of the folders in it), one source each.

    Args:
        folder: the catalog's folder.

    Raises:
        ConfigurationError: there is no such folder, or no YAML file in it.
        CatalogError: the files have faults; it names them all, each with file and line.
    """
    drafts = [_read_file(path) for path in find_files(folder)]
    faults: list[CatalogFault] = []
    for draft in drafts:
        faults += map(draft.situate, draft.faults)
    documents = [(draft.shown, draft.yaml.data) for draft in drafts]
    for index, fault in catalog_faults(documents):
        faults.append(drafts[index].situate(fault))
    if faults:
        raise CatalogError(sorted(faults, key=attrgetter("file", "line")))
    sources = [to_source(draft.document, draft.path) for draft in drafts if draft.document]
    return Catalog(sources=tuple(sources))


def find_files(folder: Path) -> list[Path]:
    """Return the YAML files of a catalog's folder.

    Raises:
        ConfigurationError: there is no such folder, or no YAML file in it.
    """
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
    yaml = _read_yaml(path)
    document, faults = _read_document(yaml)
    return _Draft(path=path, shown=_shown(path), yaml=yaml, document=document, faults=faults)


def _read_yaml(path: Path) -> YamlText:
    try:
        content = path.read_bytes()
    except OSError as error:
        return unreadable(
            line=1,
            message=f"cannot be read: {error.strerror}.",
            remedy="Let this user read it, or move it away.",
        )
    return read_yaml(content)


def _read_document(yaml: YamlText) -> tuple[SourceDocument | None, list[Fault]]:
    if yaml.data is None and yaml.faults:
        return None, yaml.faults
    document, misshapen = read_shape(yaml.data)
    return document, [*yaml.faults, *misshapen, *source_faults(yaml.data)]


def _shown(path: Path) -> str:
    """Return a path as people are told it: from the current folder on, where it lies in it."""
    here = Path.cwd()
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links away from the name people know
    if whole.is_relative_to(here):
        return str(whole.relative_to(here))
    return str(whole)


def _where(place: Place) -> str:
    """Return a place in a document as people write it: `tables.orders.key[0]`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif text:
            text += f".{part}"
        else:
            text = part
    return text or "the file"
