"""The code location: `yaml` names this module. How it is assembled belongs to `build`.

Importing it reads nothing: `defs` is a function that Dagster calls.
"""

from lake_assets.orchestration.build import defs

__all__ = ["defs"]
