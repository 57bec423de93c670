"""A program that runs one command and tells what it cost: `launch.py COMMAND…`.

The kernel counts as a new process's peak memory what its parent held when it started it (getrusage(2) says
nothing of it, but exec keeps the mark). So commands are started by this small program, not by the benchmark
itself. It imports nothing that is large. What the command writes goes to stderr, for stdout has the figures.
"""

import json
import os
import sys
import time


def main(command: list[str]) -> None:
    """Run the command and write its exit status, wall and CPU seconds and peak memory in bytes as JSON."""
    started = time.perf_counter()
    to_stderr = [(os.POSIX_SPAWN_DUP2, 2, 1)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=to_stderr)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    figures = {
        "status": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),  # getrusage(2) of each system
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
