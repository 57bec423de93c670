"""Server processes: finding, launching, awaiting and ending them.

A server is known by its command line, which names its data folder: no pid file can go stale, no
recycled pid is mistaken, and a server whose starter was killed is found all the same.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from lake_assets.embedded.files import fresh_log, tail
from lake_assets.embedded.signals import held_back
from lake_assets.exceptions import ConfigurationError

POLL_SECONDS = 0.05  # unnoticed by who waits for a start of seconds

# A Popen that is forgotten while its process runs warns; these processes may outlive their starter.
_launched: list[subprocess.Popen[bytes]] = []


def find(argument: str) -> psutil.Process | None:
    """Find the process that has this argument on its command line.

    Args:
        argument: one whole argument, such as `-dir=/home/me/.lake_assets/s3/data`.
    """
    for process in psutil.process_iter(["cmdline"]):
        if argument in (process.info["cmdline"] or ()):
            return process
    return None


def launch(argv: Sequence[str], log: Path, environ: Mapping[str, str]) -> psutil.Process:
    """Start a server in a session of its own, so that a terminal's Ctrl-C reaches only its starter.

    Args:
        argv: the command; its first word is a path.
        log: where its output goes.
        environ: its whole environment.
    """
    # A child goes on ignoring what this process ignores, as under nohup, and could not be ended by it. What
    # is held back has a handler here, and so its default effect in the child (execve(2)).
    with held_back(), fresh_log(log).open("ab") as output:
        popen = subprocess.Popen(  # noqa: S603 - our own binaries and flags
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=log.parent,
            start_new_session=True,
        )
        _launched.append(popen)
    return psutil.Process(popen.pid)


def is_gone(process: psutil.Process) -> bool:
    """Return whether a process has ended.

    A zombie has, once its last thread has: until then its ports and locks may still be taken.
    """
    for popen in _launched:
        popen.poll()
    try:
        if not process.is_running():
            return True
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; False if it is not within that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def answers_in_time(process: psutil.Process, answers: Callable[[], bool], seconds: float) -> bool:
    """Wait until a server answers; False if it ends, or does not answer within that many seconds."""
    wait_for(lambda: is_gone(process) or answers(), seconds)
    return not is_gone(process) and answers()


def end(process: psutil.Process, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send one signal after the other until the process is gone.

    Args:
        process: the process to end.
        signals: each with the seconds to wait for its effect.

    Raises:
        ConfigurationError: it outlived them all.
    """
    for number, seconds in signals:
        if is_gone(process):
            return
        process.send_signal(number)
        wait_for(lambda: is_gone(process), seconds)
    if not is_gone(process):
        raise ConfigurationError(f"Process {process.pid} does not end. End it with: kill -9 {process.pid}")


def did_not_start(what: str, log: Path) -> ConfigurationError:
    """Return the error of a server that did not start, with the end of its log."""
    return ConfigurationError(
        f"{what} did not start. Its log {log} ends with:\n{tail(log)}\n"
        "Remove what it names and try again, or set LAKE_ASSETS_LAKE and LAKE_ASSETS_WAREHOUSE to use "
        "servers of your own."
    )


def working_in(folder: Path) -> bool:
    """Return whether any process has this folder as its current one."""
    return any(process.info["cwd"] == str(folder) for process in psutil.process_iter(["cwd"]))
