"""The embedded S3 server: how it starts, what it shows of itself, and what it survives."""

import socket
import ssl
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError

from lake_assets.embedded import s3
from lake_assets.embedded.certificates import CERTIFICATE, HTTP2_OPENING, KEY, write_certificates
from lake_assets.embedded.files import read_json
from lake_assets.embedded.ports import GRPC_OFFSET, seaweed_sockets
from lake_assets.embedded.processes import is_gone, wait_for
from lake_assets.embedded.s3 import S3Server
from lake_assets.exceptions import ConfigurationError
from lake_assets_tests.fix_lake import LakeBucket


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Start a server that these tests may kill, with an object in it."""
    own = S3Server(tmp_path_factory.mktemp("own"))
    own.start()
    client = own.client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="a/b", Body=b"bytes")
    client.close()
    yield own
    own.stop()


def process_of(server: S3Server) -> psutil.Process:
    """Return the server's process."""
    process = server._process()
    assert process is not None
    return process


def kept(server: S3Server) -> bytes:
    """Read the object that was put at the first start."""
    client = server.client()
    body = client.get_object(Bucket="kept", Key="a/b")["Body"].read()
    client.close()
    return body


def test_it_listens_on_loopback_only(s3_server: S3Server) -> None:
    """All its ports, those of gRPC too, are open on 127.0.0.1 and nowhere else."""
    connections = process_of(s3_server).net_connections("inet")
    listening = {c.laddr for c in connections if c.status == psutil.CONN_LISTEN}
    ports = read_json(s3_server._ports).values()
    assert listening == {("127.0.0.1", port + offset) for port in ports for offset in (0, 10_000)}


def test_a_second_start_adopts(s3_server: S3Server) -> None:
    """A second starter of the same folder finds the running server and leaves it alone."""
    before = process_of(s3_server)
    other = S3Server(s3_server._folder)
    other.start()
    assert process_of(other) == before
    assert other.endpoint == s3_server.endpoint


def test_a_killed_server_is_mended(server: S3Server) -> None:
    """After a SIGKILL the next start has the objects that were there, at the same address."""
    before = server.endpoint
    killed = process_of(server)
    killed.kill()
    assert wait_for(lambda: is_gone(killed), 10)
    server.start()
    assert kept(server) == b"bytes"
    assert server.endpoint == before


def test_a_taken_port_gives_another(server: S3Server) -> None:
    """Where somebody else listens on the stored port, the server takes another one and keeps its data."""
    server.stop()
    assert not server.running()
    taken = server.port
    with socket.create_server(("127.0.0.1", taken)):
        server.start()
        assert server.port != taken
        assert kept(server) == b"bytes"


def test_a_stop_leaves_no_socket_behind(server: S3Server) -> None:
    """The sockets that SeaweedFS puts into /tmp go with the server."""
    server.stop()
    assert not [socket for port in read_json(server._ports).values() for socket in seaweed_sockets(port)]


def test_the_keys_are_secret(s3_server: S3Server, server: S3Server) -> None:
    """Keys differ between two servers, and are in no repr, no list of processes, no open file."""
    assert s3_server.secret_key != server.secret_key
    assert s3_server.access_key != server.access_key
    shown = repr(s3_server) + " ".join(process_of(s3_server).cmdline())
    assert s3_server.secret_key not in shown
    assert s3_server.access_key not in shown
    for path in s3_server._folder.glob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_without_the_keys_nobody_gets_in(lake_bucket: LakeBucket, s3_server: S3Server) -> None:
    """Neither S3 with a wrong key nor an inner server hands out an object."""
    lake_bucket.put("a/b", b"bytes")
    stranger = boto3.client(
        "s3",
        endpoint_url=s3_server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=s3_server.access_key,
        aws_secret_access_key="wrong",  # noqa: S106 - that is the point
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.get_object(Bucket=lake_bucket.bucket, Key="a/b")
    stranger.close()
    filer = f"http://127.0.0.1:{read_json(s3_server._ports)['filer']}/buckets/{lake_bucket.bucket}/a/b"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(filer)


def test_without_the_keys_nobody_deletes(lake_bucket: LakeBucket, s3_server: S3Server) -> None:
    """No port does what a page in a browser or another user may ask of it: the object is there as before."""
    lake_bucket.put("a/b", b"bytes")
    paths = (
        f"/col/delete?collection={lake_bucket.bucket}",
        f"/buckets/{lake_bucket.bucket}?recursive=true&ignoreRecursiveError=true",
        f"/{lake_bucket.bucket}/a/b",
        "/vol/vacuum?garbageThreshold=0",
        "/dir/assign",
        "/1,01637037d6",
    )
    for port in read_json(s3_server._ports).values():
        for method in ("GET", "POST", "DELETE"):
            for path in paths:
                asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
                with pytest.raises(urllib.error.HTTPError, match=r"40[01345]"):
                    urllib.request.urlopen(asked)  # noqa: S310 - it is http

    found = lake_bucket.client.get_object(Bucket=lake_bucket.bucket, Key="a/b")
    assert found["Body"].read() == b"bytes"


def stranger_of(kind: str, folder: Path) -> ssl.SSLContext | None:
    """Return what a stranger speaks with: nothing, TLS, or TLS with a certificate of his own."""
    if kind == "plain":
        return None
    context = tls()
    if kind == "foreign":
        write_certificates(folder)
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    return context


def tls() -> ssl.SSLContext:
    """Return what a client of gRPC speaks with, without a certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def is_answered(plain: socket.socket, context: ssl.SSLContext | None) -> bool:
    """Return whether a server of gRPC says anything to who opens an HTTP/2 connection."""
    plain.settimeout(10)
    with ExitStack() as open_ones:
        connection = open_ones.enter_context(plain)
        try:
            if context is not None:
                connection = open_ones.enter_context(context.wrap_socket(plain))
            connection.sendall(HTTP2_OPENING)
            return connection.recv(1) != b""
        except (ssl.SSLError, ConnectionError):
            return False


def inner_connections(server: S3Server) -> Iterator[socket.socket]:
    """Open every inner port and socket of the server."""
    for port in read_json(server._ports).values():
        yield socket.create_connection(("127.0.0.1", port + GRPC_OFFSET))
        (path,) = Path("/tmp").glob(f"seaweedfs-*-grpc-{port + GRPC_OFFSET}.sock")  # noqa: S108 - SeaweedFS's
        unix = socket.socket(socket.AF_UNIX)
        unix.connect(str(path))
        yield unix


@pytest.mark.parametrize("kind", ["plain", "without", "foreign"])
def test_a_stranger_is_told_nothing_by_the_inner_parts(
    kind: str, s3_server: S3Server, tmp_path: Path
) -> None:
    """No port or socket of gRPC answers who has no certificate of this server, and all answer who has it."""
    stranger = stranger_of(kind, tmp_path)
    assert [is_answered(one, stranger) for one in inner_connections(s3_server)] == [False] * 8

    owner = tls()
    owner.load_cert_chain(s3_server._folder / CERTIFICATE, s3_server._folder / KEY)
    assert [is_answered(one, owner) for one in inner_connections(s3_server)] == [True] * 8


def test_a_server_whose_parts_are_open_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where weed knows other sections of its configuration, the start fails and says what is open."""
    monkeypatch.setattr(s3, "GRPC_PARTS", ())
    own = S3Server(tmp_path)
    with pytest.raises(ConfigurationError, match=r"no certificate .*\(s3, master, volume, filer\)"):
        own.start()
    assert not own.running()


def test_a_server_that_did_not_start_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of servers that did not answer in time, none goes on."""
    monkeypatch.setattr(s3, "START_SECONDS", 0)
    own = S3Server(tmp_path)
    with pytest.raises(ConfigurationError, match="did not start"):
        own.start()
    assert not own.running()


def test_a_bucket_that_is_not_there_is_not_made(s3_server: S3Server) -> None:
    """A wrong bucket name is an error, as it is with Amazon's S3."""
    client = s3_server.client()
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client.put_object(Bucket="not-there", Key="a", Body=b"")
    client.close()


def test_an_object_of_many_parts_comes_back_whole(lake_bucket: LakeBucket) -> None:
    """An object larger than SeaweedFS's own parts is given back byte for byte."""
    body = bytes(range(256)) * 4096 * 20
    lake_bucket.put("big", body)
    assert lake_bucket.client.get_object(Bucket=lake_bucket.bucket, Key="big")["Body"].read() == body
