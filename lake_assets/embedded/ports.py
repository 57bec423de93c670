"""Free ports on loopback. Who listens on them belongs to `postgres` and `s3`."""

import os
import secrets
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
# SeaweedFS opens every port's gRPC twin at port + 10000. Both stay below 32768, where Linux starts to
# give out ports of its own accord (ip_local_port_range), so nobody's outgoing connection sits on them.
GRPC_OFFSET = 10_000
FIRST_PORT = 12_000
LAST_PORT = 22_000
ATTEMPTS = 200  # to hit a free one of ten thousand: more than enough on a machine that works


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _binds(probe, port)


def is_free_twice(port: int) -> bool:
    """Return whether a SeaweedFS server could take this port: it and its gRPC twin are free.

    A socket in `/tmp` that another user's server left behind would be in its way as well.
    """
    if not is_free(port) or not is_free(port + GRPC_OFFSET):
        return False
    return all(map(_is_ours, seaweed_sockets(port)))


def seaweed_sockets(port: int) -> list[Path]:
    """Return the Unix sockets that a SeaweedFS server opened, or left behind, for a port and its twin."""
    folder = Path("/tmp")  # noqa: S108 - SeaweedFS puts them there whatever TMPDIR says
    of_port = folder.glob(f"seaweedfs-*-{port}.sock")
    of_twin = folder.glob(f"seaweedfs-*-{port + GRPC_OFFSET}.sock")
    return [*of_port, *of_twin]


def free_port(*, twice: bool = False) -> int:
    """Find a free port at random, so that two stacks that start at once rarely meet.

    Args:
        twice: the port + 10000 must be free as well.

    Raises:
        OSError: none was found.
    """
    check = is_free
    if twice:
        check = is_free_twice
    for _ in range(ATTEMPTS):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if check(port):
            return port
    raise OSError(f"No free port between {FIRST_PORT} and {LAST_PORT} on {LOOPBACK} in {ATTEMPTS} attempts.")


def _binds(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        return False
    return True


def _is_ours(path: Path) -> bool:
    try:
        return path.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return True
