"""The embedded stack as a whole: both servers, what stands on them, and who may stop them.

How one server is run belongs to `postgres` and `s3`.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from lake_assets.embedded.files import private_folder, write_private
from lake_assets.embedded.postgres import PostgresServer
from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.embedded.signals import held_back, tidy_endings

BUCKET = "lake"
WAREHOUSE = "warehouse"
DAGSTER = "dagster"


class EmbeddedStack:
    """A PostgreSQL and an S3 server, with an empty warehouse, a lake and a Dagster instance on them.

    Args:
        home: folder of all its data.
    """

    def __init__(self, home: Path) -> None:
        self.home = private_folder(home)
        self.postgres = PostgresServer(self.home / "postgres")
        self.s3 = S3Server(self.home / "s3")
        self.dagster_home = self.home / "dagster_home"

    def __repr__(self) -> str:
        """Name the folder and nothing secret."""
        return f"EmbeddedStack({str(self.home)!r})"

    def start(self) -> None:
        """Start both servers side by side, or adopt those that run, and make what stands on them.

        Raises:
            ConfigurationError: one of them did not start.
        """
        _side_by_side(self._start_postgres, self._start_s3)
        private_folder(self.dagster_home)
        template = files("lake_assets.embedded").joinpath("dagster.yaml").read_text(encoding="utf-8")
        write_private(self.dagster_home / "dagster.yaml", template)

    def stop(self) -> None:
        """Stop both servers, whoever started them."""
        _side_by_side(self.postgres.stop, self.s3.stop)

    def running(self) -> bool:
        """Return whether both servers run."""
        return self.postgres.running() and self.s3.running()

    def environment(self) -> dict[str, str]:
        """Return the variables by which lake_assets, Dagster and boto3 use this stack; they hold secrets."""
        dagster_url = self.postgres.url(DAGSTER).replace("postgresql://", "postgresql+psycopg2://", 1)
        return {
            "LAKE_ASSETS_LAKE": f"s3://{BUCKET}",
            "LAKE_ASSETS_WAREHOUSE": self.postgres.url(WAREHOUSE),
            "LAKE_ASSETS_DAGSTER_URL": dagster_url,
            "DAGSTER_HOME": str(self.dagster_home),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "AWS_ENDPOINT_URL": self.s3.endpoint,
            "AWS_ACCESS_KEY_ID": self.s3.access_key,
            "AWS_SECRET_ACCESS_KEY": self.s3.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The user's own profiles must not reach into the stack.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def put_into(self, environ: MutableMapping[str, str]) -> None:
        """Put the stack's variables into an environment, in place of all AWS variables that are there.

        The catalog stays where `LAKE_ASSETS_CATALOG` says, or is the stack's own.

        Args:
            environ: such as `os.environ`, or a copy of it for a child.
        """
        for name in list(environ):
            if name.startswith("AWS_"):
                del environ[name]
        environ.update(self.environment())
        environ.setdefault("LAKE_ASSETS_CATALOG", str(self.home / "catalog"))

    def _start_postgres(self) -> None:
        self.postgres.start()
        for database in (WAREHOUSE, DAGSTER):
            self.postgres.create_database(database)

    def _start_s3(self) -> None:
        self.s3.start()
        client = self.s3.client()
        if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=BUCKET)
        client.close()


def _side_by_side(*tasks: Callable[[], None]) -> None:
    """Do tasks at once, and wait for all of them before the error of one is raised."""
    with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
        futures = [pool.submit(task) for task in tasks]
    for future in futures:
        future.result()


@contextmanager
def joined(home: Path) -> Iterator[EmbeddedStack]:
    """Use the stack of a folder: start it or join those who use it, and stop it if nobody else does.

    Whoever uses the stack holds a shared lock on `users.lock`; it starts and stops under an exclusive
    lock on `start.lock`. The kernel lets go of a killed user's locks, so its servers are adopted by the
    next user and stopped by the last.

    Args:
        home: folder of the stack's data.

    Yields:
        The running stack.

    Raises:
        ConfigurationError: a server did not start.
    """
    stack = EmbeddedStack(home)
    with tidy_endings(), (stack.home / "users.lock").open("w") as users:
        try:
            with held_back(), _turn(stack.home):
                fcntl.flock(users, fcntl.LOCK_SH)
                stack.start()
            yield stack
        finally:
            with held_back(), _turn(stack.home):
                if _is_last(users.fileno()):
                    stack.stop()


@contextmanager
def _turn(home: Path) -> Iterator[None]:
    with (home / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
