"""Proves that the suite tells the same however it is started."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lake_assets_tests.conftest import pytest_plugins

ROOT = Path(__file__).parents[1]
SIGNAL_FIXTURES = "lake_assets_tests.fix_signals"
SIGNAL_TESTS = "lake_assets_tests/embedded/test_signals.py"
ASKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHOW_HANDLERS = (
    f"import signal\nfor number in {[int(number) for number in ASKED]}: print(signal.getsignal(number))"
)
SECONDS = 60


def test_a_process_of_a_test_obeys_signals() -> None:
    """Whatever was ignored where the suite was started, a process that a test starts has the defaults."""
    shown = subprocess.run(
        [sys.executable, "-c", SHOW_HANDLERS], capture_output=True, text=True, check=True, timeout=SECONDS
    )

    handlers = shown.stdout.splitlines()
    assert "default_int_handler" in handlers[0]
    assert handlers[1:] == [str(signal.SIG_DFL), str(signal.SIG_DFL)]


@pytest.mark.parametrize("processes", [0, 1])
def test_the_suite_may_be_started_with_signals_ignored(processes: int) -> None:
    """Started by `nohup` or in a script's background, the tests of signals pass, in a worker too."""
    this_file = Path(__file__).relative_to(ROOT)
    tests = [SIGNAL_TESTS, f"{this_file}::{test_a_process_of_a_test_obeys_signals.__name__}"]
    # The other fixtures take seconds to import, and have no part in it.
    assert SIGNAL_FIXTURES in pytest_plugins
    plugins = ["--noconftest", "-p", SIGNAL_FIXTURES, "-p", "no:cacheprovider"]
    pytest_command = [sys.executable, "-m", "pytest", *plugins, f"-n{processes}", *tests]

    ended = subprocess.run(
        ["sh", "-c", "trap '' INT TERM HUP; exec \"$@\"", "sh", *pytest_command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert ended.returncode == 0, ended.stdout
