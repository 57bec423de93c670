"""A program that drops root and becomes the command it is given: `drop_root.py WAY UID GID COMMAND…`.

`namespace` enters a user namespace in which root's own files belong to an ordinary user
(user_namespaces(7)). `nobody` switches to that user and keeps of root's rights only the one to reach
files, CAP_DAC_OVERRIDE (capabilities(7)), so that a project below /root works too.

It is a program of its own because both ways need a process with a single thread. It imports nothing of
the project, so that it runs wherever it is copied. When to use which way belongs to `unprivileged`.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000  # sched.h
PR_SET_KEEPCAPS = 8  # prctl.h, as the next three
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1  # capability.h, as the next
CAPABILITY_VERSION_3 = 0x20080522


def enter_namespace(uid: int, gid: int) -> None:
    """Show this process, and the files of its user, as belonging to `uid` and `gid`.

    Raises:
        OSError: this machine allows no user namespaces.
    """
    real_uid, real_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/uid_map").write_text(f"{uid} {real_uid} 1")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{gid} {real_gid} 1")


def switch_user(uid: int, gid: int) -> None:
    """Switch to another user and, where this process had the right to reach all files, keep that one.

    Raises:
        OSError: this process may not change its user.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    keep = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(keep, keep, keep)
    if libc.capset(header, effective_permitted_inheritable) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(argv: list[str]) -> None:
    """Change identity and become the command."""
    way, uid, gid, *command = argv
    change = {"namespace": enter_namespace, "nobody": switch_user}[way]
    change(int(uid), int(gid))
    os.execv(command[0], command)  # noqa: S606 - the command is the embedded server's own


if __name__ == "__main__":
    main(sys.argv[1:])
