"""The code location, which `workspace.yaml` names.

How it is assembled belongs to `orchestration.build`. Importing it reads nothing: `defs` is a function that
Dagster calls.
"""

from lake_assets.orchestration.build import defs

__all__ = ["defs"]
