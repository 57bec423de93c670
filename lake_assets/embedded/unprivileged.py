"""The choice of how a command of PostgreSQL, which refuses to run as root, is run by somebody who is root.

The change of identity itself is the program `drop_root.py`.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from lake_assets.exceptions import ConfigurationError

WAYS = ("namespace", "nobody")  # both of Linux alone
ROOT = (0, 0)  # user and group
OVERFLOW_ID = 65534  # what Linux calls nobody where the user list does not say (user_namespaces(7))


def command_for(argv: Sequence[str], folder: Path) -> list[str]:
    """Return the command line that runs a command of PostgreSQL as somebody who is not root.

    Args:
        argv: the command; its first word is a path.
        folder: all files it owns. Where we are root they are handed to the user it will run as.

    Raises:
        ConfigurationError: we are root, and no way to be somebody else is open.
    """
    if os.geteuid() != 0:
        return list(argv)
    way = _open_way(argv[0])
    owner = _nobody()
    if way == "namespace":
        owner = ROOT
    _hand_over(folder, *owner)
    return [*_prefix(way), *argv]


@cache
def _open_way(program: str) -> str:
    ways: tuple[str, ...] = ()
    if sys.platform == "linux":
        ways = WAYS
    for way in ways:
        tried = subprocess.run(  # noqa: S603 - our own program
            [*_prefix(way), program, "--version"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return way
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and here root can neither enter a user namespace nor run "
        f"{program} as the user nobody. Run lake-assets as an ordinary user."
    )


def _prefix(way: str) -> list[str]:
    uid, gid = _nobody()
    return [sys.executable, "-I", str(Path(__file__).with_name("drop_root.py")), way, str(uid), str(gid)]


@cache
def _nobody() -> tuple[int, int]:
    # initdb wants a user that the system's list knows.
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    if not users:
        return OVERFLOW_ID, OVERFLOW_ID
    user = users.get("nobody") or next(iter(users.values()))
    return user.pw_uid, user.pw_gid


def _hand_over(folder: Path, uid: int, gid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)
