"""The embedded PostgreSQL: how it starts, what it shows of itself, and what it survives."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from lake_assets.embedded import unprivileged
from lake_assets.embedded.postgres import PostgresServer
from lake_assets.exceptions import ConfigurationError


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Yield a server that these tests may stop, kill and harm."""
    made = PostgresServer(tmp_path_factory.mktemp("own"), durable=False)
    yield made
    made.stop()


@pytest.fixture
def server(own: PostgresServer) -> PostgresServer:
    """Return the server of this module, running whatever the test before did to it."""
    own.start()
    return own


def process_of(server: PostgresServer) -> psutil.Process:
    """Return the server's process."""
    process = server._process()
    assert process is not None
    return process


def setting(url: str, name: str) -> str:
    """Ask the server for one of its settings."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_it_listens_on_loopback_only(server: PostgresServer) -> None:
    """Nothing but its port on 127.0.0.1 is open, and no Unix socket."""
    listening = [c.laddr for c in process_of(server).net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", server.port)]


def test_a_second_start_adopts(server: PostgresServer) -> None:
    """A second starter of the same folder finds the running server and leaves it alone."""
    before = process_of(server)
    other = PostgresServer(server._folder, durable=False)
    other.start()
    assert process_of(other) == before
    assert other.url("postgres") == server.url("postgres")


def test_a_stop_leaves_nothing_and_the_next_start_keeps_data_and_address(server: PostgresServer) -> None:
    """After a stop no process of it remains; the next start has the same data at the same address."""
    server.create_database("kept")
    url = server.url("kept")
    server.stop()
    assert not server.running()
    server.start()
    assert server.url("kept") == url
    assert setting(url, "server_encoding") == "UTF8"


def test_a_killed_server_is_mended(server: PostgresServer) -> None:
    """After a SIGKILL the next start recovers what was committed."""
    server.create_database("kept through a kill")
    process_of(server).kill()
    server.start()
    assert setting(server.url("kept through a kill"), "data_checksums") == "on"


def test_a_pid_file_with_a_strangers_pid_is_no_obstacle(server: PostgresServer) -> None:
    """A postmaster.pid that names a living process of somebody else does not stop the start."""
    server.stop()
    (server._data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.start()
    assert process_of(server).pid != os.getpid()


def test_a_taken_port_gives_another(server: PostgresServer) -> None:
    """Where somebody else listens on the stored port, the server takes another one."""
    server.stop()
    taken = server.port
    with socket.create_server(("127.0.0.1", taken)):
        server.start()
        assert server.port != taken
        assert setting(server.url("postgres"), "port") == str(server.port)


def test_the_password_is_secret(server: PostgresServer, tmp_path: Path) -> None:
    """The password differs between two servers, and is in no repr, no list of processes, no open file."""
    other = PostgresServer(tmp_path / "other", durable=False)
    other.start()
    other.stop()
    assert other.password != server.password
    assert server.password not in repr(server)
    assert server.password not in " ".join(process_of(server).cmdline())
    for path in server._folder.glob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_without_the_password_nobody_gets_in(server: PostgresServer) -> None:
    """A client with a wrong password is turned away."""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("postgres").replace(server.password, "wrong"))


def test_durable_is_the_default(tmp_path: Path) -> None:
    """What is not a test's server keeps its writes through a crash of the machine."""
    server = PostgresServer(tmp_path / "durable")
    server.start()
    found = [setting(server.url("postgres"), name) for name in ("fsync", "synchronous_commit")]
    server.stop()
    assert found == ["on", "on"]


def test_postgres_16_starts_too(postgres16: PostgresServer) -> None:
    """The oldest supported version runs from the same wheel."""
    assert setting(postgres16.url("postgres"), "server_version").startswith("16.")


def test_data_of_another_version_is_refused(server: PostgresServer) -> None:
    """A folder of PostgreSQL 18 is not started with 16, and the error says what to do."""
    server.stop()
    with pytest.raises(ConfigurationError, match=r"is data of PostgreSQL 18, not 16\. Move"):
        PostgresServer(server._folder, version=16, durable=False).start()


def test_a_server_that_cannot_start_shows_its_log(server: PostgresServer) -> None:
    """The error of a failed start names the log and quotes its end."""
    server.stop()
    settings = server._data / "postgresql.conf"
    kept = settings.rename(settings.with_suffix(".kept"))
    settings.write_text("nonsense = on\n")
    with pytest.raises(ConfigurationError, match='unrecognized configuration parameter "nonsense"'):
        server.start()
    assert not server.running()
    kept.replace(settings)


def test_an_interrupted_first_start_is_repaired(tmp_path: Path) -> None:
    """What a killed initdb left behind is thrown away by the next start."""
    server = PostgresServer(tmp_path / "own", durable=False)
    half_made = tmp_path / "own" / "data.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    server.start()
    server.stop()
    assert not half_made.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
@pytest.mark.parametrize("way", unprivileged.WAYS)
def test_root_has_two_ways(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as root, the server works in a user namespace, and as nobody where that is forbidden."""
    monkeypatch.setattr(unprivileged, "WAYS", (way,))
    unprivileged._open_way.cache_clear()
    server = PostgresServer(tmp_path / "own", durable=False)
    server.start()
    assert setting(server.url("postgres"), "data_directory") == str(tmp_path / "own" / "data")
    server.stop()
    unprivileged._open_way.cache_clear()
    assert not server.running()


def test_a_stop_cuts_clients_off(server: PostgresServer) -> None:
    """A client with an open transaction does not keep the server from stopping."""
    with psycopg.connect(server.url("postgres")) as client:
        client.execute("BEGIN")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
