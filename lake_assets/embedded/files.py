"""Files of the embedded servers: those nobody else may read, and their logs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
TAIL_BYTES = 3000  # of a log, in the error of a server that did not start: a screenful


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter, with its parents, and return its real path.

    A folder that is there keeps the rights that somebody gave it.
    """
    path.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    return path.resolve()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; a crash leaves the file before or the file after."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; a file that is not there is an empty one."""
    if not path.exists():
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON object that only its owner may read."""
    write_private(path, json.dumps(values, indent=2) + "\n")


def fresh_log(path: Path) -> Path:
    """Put the last run's log aside as `<name>.1`, so that one run's log is one file."""
    if path.exists():
        path.replace(path.with_name(f"{path.name}.1"))
    path.touch(PRIVATE_FILE)
    return path


def tail(path: Path) -> str:
    """Return the end of a log, for the error that needs it."""
    if not path.exists():
        return "(no log)"
    return path.read_bytes()[-TAIL_BYTES:].decode(errors="replace").strip() or "(the log is empty)"
