"""The fixtures' modules, an environment without settings, and in how many processes tests run.

Fixtures themselves stand in `fix_*.py`.
"""

import gc
import os

import pytest

MOST_PROCESSES = 4  # each runs servers of its own

pytest_plugins = [
    "lake_assets_tests.fix_signals",
    "lake_assets_tests.examples",
    "lake_assets_tests.fix_postgres",
    "lake_assets_tests.fix_lake",
    "lake_assets_tests.fix_proxy",
    "lake_assets_tests.fix_bench",
    "lake_assets_tests.fix_dagster",
    "lake_assets_tests.fix_cli",
    "lake_assets_tests.fix_alerts",
    "lake_assets_tests.fix_monitor",
]

for _name in [name for name in os.environ if name.startswith(("LAKE_ASSETS_", "AWS_", "DAGSTER_"))]:
    del os.environ[_name]
os.environ["PYTHON_DOTENV_DISABLED"] = "1"  # nor those of a developer's `.env`


def pytest_collection_finish() -> None:
    """Hide what was imported from the garbage collector, which spent a tenth of the time on it."""
    gc.freeze()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run everything in several processes, and whatever was picked out in this one.

    A process takes seconds to be ready, which a few tests are not worth.
    """
    picked = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    if picked or config.option.keyword or config.option.markexpr:
        return 0
    return min(os.cpu_count() or 1, MOST_PROCESSES)
