"""The fixtures' modules, and an environment without settings. Fixtures themselves stand in `fix_*.py`."""

import os

pytest_plugins = [
    "lake_assets_tests.fix_postgres",
    "lake_assets_tests.fix_lake",
    "lake_assets_tests.fix_bench",
    "lake_assets_tests.fix_dagster",
    "lake_assets_tests.fix_cli",
]

for _name in [name for name in os.environ if name.startswith(("LAKE_ASSETS_", "AWS_", "DAGSTER_"))]:
    del os.environ[_name]
