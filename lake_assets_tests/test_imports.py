"""Proves that importing the package does nothing: no setting is read, nothing opened, nothing printed."""

import os
import subprocess
import sys
from pathlib import Path

IMPORT_ALL = """
import pkgutil, sys
import lake_assets

touched = []

def watch(event, args):
    if event in {"socket.connect", "os.mkdir", "os.remove"}:
        touched.append((event, args))
    if event == "open" and args[1] and set(str(args[1])) & set("wax+"):
        touched.append((event, args))

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for module in pkgutil.walk_packages(lake_assets.__path__, "lake_assets."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
assert not touched, touched
"""
WRONG = {
    "LAKE_ASSETS_LAKE": "nowhere",
    "LAKE_ASSETS_WAREHOUSE": "nonsense",
    "LAKE_ASSETS_ALERT_QUARANTINED": "many",
    "LAKE_ASSETS_CATALOG": "/no/such/folder",
}


def test_every_module_can_be_imported_with_any_settings(tmp_path: Path) -> None:
    """Wrong settings are nobody's business until a function reads them; importing leaves no trace."""
    environ = os.environ | WRONG | {"DAGSTER_HOME": "/no/such/folder", "DAGSTER_DISABLE_TELEMETRY": "1"}

    result = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environ,
        check=False,
    )

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
