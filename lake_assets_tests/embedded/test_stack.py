"""The embedded stack as a whole: who starts it, who stops it, and what it gives its users."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import psycopg
import pytest
from dagster import DagsterInstance

import lake_assets
from lake_assets.embedded.processes import wait_for
from lake_assets.embedded.stack import EmbeddedStack, joined
from lake_assets.settings import LakePlace, Settings

USER = """
import sys
from pathlib import Path
from lake_assets.embedded.stack import joined
with joined(Path(sys.argv[1])):
    print("joined", flush=True)
    sys.stdin.readline()
"""
SECONDS = 60


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    """Yield a stack that nobody has started; whatever a test leaves of it is stopped."""
    unstarted = EmbeddedStack(tmp_path / "home")
    yield unstarted
    unstarted.stop()


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home for the stacks of this module for which a first start is beside the point."""
    return tmp_path_factory.mktemp("used") / "home"


@pytest.fixture
def used_stack(used_home: Path) -> Iterator[EmbeddedStack]:
    """Yield a stack that does not run, but may have run before; whatever a test leaves of it is stopped."""
    stopped = EmbeddedStack(used_home)
    yield stopped
    stopped.stop()


def user_of(stack: EmbeddedStack) -> "subprocess.Popen[str]":
    """Start a process that joins the stack and stays until it is told to go."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(stack.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(lake_assets.__file__).parent.parent,
    )


def says_joined(user: "subprocess.Popen[str]") -> bool:
    """Wait until a user has joined."""
    assert user.stdout is not None
    return user.stdout.readline() == "joined\n"


def processes(stack: EmbeddedStack) -> list[object]:
    """Return the stack's processes."""
    return [process for process in (stack.postgres._process(), stack.s3._process()) if process is not None]


def test_the_last_user_stops_the_servers(stack: EmbeddedStack) -> None:
    """Of two users at once the first to leave stops nothing, the last leaves no process."""
    with user_of(stack) as first, user_of(stack) as second:
        assert says_joined(first)
        assert says_joined(second)
        started = processes(stack)
        assert len(started) == 2
        first.communicate("go\n", timeout=SECONDS)
        assert processes(stack) == started
        second.communicate("go\n", timeout=SECONDS)
        assert processes(stack) == []
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_killed_users_servers_are_adopted_and_stopped(stack: EmbeddedStack) -> None:
    """After a SIGKILL of their only user the servers run on, and the next user takes and stops them."""
    with user_of(stack) as user:
        assert says_joined(user)
        user.kill()
    started = processes(stack)
    assert len(started) == 2
    with joined(stack.home):
        assert processes(stack) == started
    assert processes(stack) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_leaves_no_process(stack: EmbeddedStack, ending: signal.Signals) -> None:
    """Ctrl-C, SIGTERM or a closed terminal while the servers start ends them as well."""
    with user_of(stack) as user:
        assert wait_for(lambda: bool(processes(stack)), SECONDS)
        user.send_signal(ending)
        user.communicate(timeout=SECONDS)
    assert user.returncode != 0
    assert processes(stack) == []


def test_sigterm_while_it_is_used_leaves_no_process(used_stack: EmbeddedStack) -> None:
    """A user ended by SIGTERM cleans up, and its exit status tells."""
    with user_of(used_stack) as user:
        assert says_joined(user)
        user.terminate()
        user.communicate(timeout=SECONDS)
    assert user.returncode == 128 + signal.SIGTERM
    assert processes(used_stack) == []


def test_an_error_of_the_user_leaves_no_process(used_stack: EmbeddedStack) -> None:
    """An exception inside the block passes through, and the servers are stopped."""
    with pytest.raises(KeyError, match="mine"), joined(used_stack.home):
        raise KeyError("mine")
    assert processes(used_stack) == []


def test_the_environment_serves_everybody(used_stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the stack's variables our settings, boto3, psycopg and Dagster find lake, warehouse, instance."""
    with joined(used_stack.home):
        for name, value in used_stack.environment().items():
            monkeypatch.setenv(name, value)
        settings = Settings.from_env()
        assert settings.lake == LakePlace("lake")
        client = boto3.client("s3")
        client.put_object(Bucket="lake", Key="a", Body=b"")
        client.close()
        assert settings.warehouse is not None
        with psycopg.connect(settings.warehouse.conninfo) as connection:
            assert connection.info.dbname == "warehouse"
        with DagsterInstance.get() as instance:
            assert instance.root_directory == str(used_stack.dagster_home)
            assert not instance.telemetry_enabled
            assert instance.run_monitoring_enabled
            assert instance.get_concurrency_config().pool_config.default_pool_limit == 4
            assert instance.get_runs_count() == 0


def test_it_takes_the_place_of_the_users_own_aws(used_stack: EmbeddedStack) -> None:
    """No AWS variable of the user's survives beside the stack's; everything else stays."""
    with joined(used_stack.home):
        environ = {"AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "t", "HOME": "/h", "LAKE_ASSETS_CATALOG": "c"}
        used_stack.put_into(environ)
    assert environ == used_stack.environment() | {"HOME": "/h", "LAKE_ASSETS_CATALOG": "c"}


def test_secrets_are_in_no_repr(stack: EmbeddedStack) -> None:
    """The stack's repr names its folder and nothing else."""
    assert repr(stack) == f"EmbeddedStack({str(stack.home)!r})"


def test_its_environment_can_be_had_in_a_shell(used_stack: EmbeddedStack) -> None:
    """`python -m lake_assets.embedded` prints what a shell can take in, and says so if nothing runs."""
    take_in = f'eval "$({sys.executable} -m lake_assets.embedded)"'
    script = f'{take_in} && printf "%s %s" "$LAKE_ASSETS_WAREHOUSE" "$LAKE_ASSETS_CATALOG"'
    environ = {"LAKE_ASSETS_HOME": str(used_stack.home)}
    folder = Path(lake_assets.__file__).parent.parent
    idle = subprocess.run(
        ["sh", "-c", script], env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    assert "does not run" in idle.stderr
    with joined(used_stack.home):
        done = subprocess.run(
            ["sh", "-c", script], env=environ, cwd=folder, capture_output=True, text=True, check=True
        )
    warehouse = used_stack.environment()["LAKE_ASSETS_WAREHOUSE"]
    assert done.stdout == f"{warehouse} {used_stack.home / 'catalog'}"
