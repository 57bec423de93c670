"""A proxy between the program and the S3 server, whose answers a test may spoil on the wire."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lake_assets.embedded.ports import LOOPBACK
from lake_assets.embedded.s3 import S3Server

NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "keep-alive"})
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: closing sends RST


@dataclass
class Answer:
    """An answer on its way to the program.

    Attributes:
        method: of the request.
        path: of the request, with its query.
        asked: the request's headers, with names in lower case.
        status: the HTTP status.
        headers: with names in lower case.
        body: the bytes.
        cut: after so many bytes of the body the connection ends; None where all are sent.
        reset: it ends with a reset, and not with a close.
    """

    method: str
    path: str
    asked: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    reset: bool = False

    @property
    def is_object(self) -> bool:
        """Whether it is the answer to a GET of an object."""
        return self.method == "GET" and "list-type=" not in self.path

    @property
    def is_listing(self) -> bool:
        """Whether it is a page of a listing."""
        return self.method == "GET" and "list-type=" in self.path

    def give(self, body: bytes) -> None:
        """Put another body in, with its length said rightly."""
        self.body = body
        self.headers["content-length"] = str(len(body))


Spoil = Callable[[Answer], None]


def _leave(_: Answer) -> None:
    """Pass an answer on as it is."""


@dataclass
class FaultyProxy:
    """Passes requests on to the S3 server, and spoils what comes back.

    Attributes:
        server: the S3 server.
        spoil: changes each answer before it is sent.
        answers: all that were sent, in their order.
        port: where it listens.
    """

    server: S3Server
    spoil: Spoil = _leave
    answers: list[Answer] = field(default_factory=list)
    port: int = 0

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def access_key(self) -> str:
        """The server's."""
        return self.server.access_key

    @property
    def secret_key(self) -> str:
        """The server's."""
        return self.server.secret_key

    def spoil_objects(self, spoil: Spoil) -> None:
        """Spoil the answers to GETs of objects alone."""
        self.spoil = lambda answer: spoil(answer) if answer.is_object else None

    def spoil_listings(self, spoil: Spoil) -> None:
        """Spoil the pages of listings alone."""
        self.spoil = lambda answer: spoil(answer) if answer.is_listing else None

    def gets(self) -> list[Answer]:
        """Return the answers to GETs of objects."""
        return [answer for answer in self.answers if answer.is_object]


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            self.close_connection = True
            if self.raw_requestline and self.parse_request():
                self._pass_on()

        def _pass_on(self) -> None:
            if "Expect" in self.headers:  # boto3 waits a second for this word before it sends an object
                self.send_response_only(100)
                self.end_headers()
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = HTTPConnection(LOOPBACK, proxy.server.port, timeout=30)
            upstream.request(self.command, self.path, body or None, dict(self.headers))
            came = upstream.getresponse()
            answer = Answer(
                method=self.command,
                path=self.path,
                asked={name.lower(): value for name, value in self.headers.items()},
                status=came.status,
                headers={name.lower(): value for name, value in came.getheaders()},
                body=came.read(),
            )
            upstream.close()
            if self.command == "GET":
                answer.headers["content-length"] = str(len(answer.body))
            proxy.spoil(answer)
            proxy.answers.append(answer)
            with suppress(OSError):
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.wfile.write(f"HTTP/1.1 {answer.status} Some reason\r\n".encode())
            for name, value in answer.headers.items():
                if name not in NOT_PASSED_ON:
                    self.wfile.write(f"{name}: {value}\r\n".encode())
            self.wfile.write(b"connection: close\r\n\r\n")
            self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
            self.wfile.flush()
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    return Handler


@pytest.fixture
def faulty_s3(s3_server: S3Server) -> Iterator[FaultyProxy]:
    """Run a proxy before the S3 server; it passes everything on until a test says otherwise."""
    proxy = FaultyProxy(s3_server)
    with ThreadingHTTPServer((LOOPBACK, 0), _handler(proxy)) as listening:
        listening.daemon_threads = True
        proxy.port = listening.server_address[1]
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield proxy
        listening.shutdown()
        thread.join()
