"""Every error this package raises on purpose. Nothing else belongs here.

The message of each names the thing, the value and the remedy::

    LakeAssetsError
    ├── ConfigurationError          settings, services or commands that cannot work as given (exit status 2)
    │   └── CatalogError            the catalog's faults, all of them, each with file and line
    ├── LakeError                   an object that cannot be read as it was listed
    │   └── IncompleteAnswer        S3 answered, and not with what an answer must have
    ├── LoadError                   a table-hour that was not loaded; main is as it was
    │   └── CountMismatch           loader, recount or warehouse count a file differently
    └── WarehouseError              the warehouse cannot take the table as the catalog has it
"""

from collections.abc import Sequence
from dataclasses import dataclass


class LakeAssetsError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigurationError(LakeAssetsError):
    """Settings, services or commands that cannot work as they were given."""


@dataclass(frozen=True)
class CatalogFault:
    """One fault of a catalog file.

    Attributes:
        file: path of the YAML file.
        line: 1-based line the fault stands on.
        where: dotted place in the document, such as `tables.orders.columns.id`.
        message: what is wrong, with the value.
        remedy: what to write instead.
    """

    file: str
    line: int
    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """Return the fault on one line, in the form editors make clickable."""
        return f"{self.file}:{self.line}: {self.where}: {self.message} {self.remedy}"


class CatalogError(ConfigurationError):
    """The catalog has faults; all of them are gathered before this is raised."""

    def __init__(self, faults: Sequence[CatalogFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class LakeError(LakeAssetsError):
    """An object of the lake cannot be listed or read as it was listed."""


class IncompleteAnswer(LakeError):  # noqa: N818 - named for what came
    """S3 answered without something that every answer has; asking for something else may well do."""


class LoadError(LakeAssetsError):
    """A table-hour was not loaded; main is as it was before."""


class CountMismatch(LoadError):  # noqa: N818 - named for the state `mismatch`
    """Loader, recount or warehouse count the records of a file differently."""


class WarehouseError(LakeAssetsError):
    """The warehouse cannot take the table as the catalog has it."""
