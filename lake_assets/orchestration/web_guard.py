"""Who may ask the UI of this machine: its own page, and programs of its user, but no page from elsewhere.

Dagster's web server asks nobody who they are, and takes a mutation by GET, which an image in any page sends.
A browser tells of each request which address it was meant for (Host), which page it came from (Origin) and
how that page is related to us (Sec-Fetch-Site, https://www.w3.org/TR/fetch-metadata/). This is a layer of
ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html) around the server, which `web_server` starts.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""What the UI may be called; another name that leads here is somebody else's (DNS rebinding)."""

HTTP_PORT = 80
"""The port that a browser leaves out of Host and Origin."""

OWN_SITES = frozenset({"same-origin", "none"})
"""What Sec-Fetch-Site says of the UI's own page, and of an address that a person typed or opened."""

GRAPHQL = "/graphql"
"""Where Dagster takes GraphQL."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods)."""

FORBIDDEN = 403
NOT_ALLOWED = 405

POLICY_VIOLATION = 1008
"""With which a WebSocket is closed that is not let in; before it is open, the client gets status 403."""

REMEDY = "Open the address that was printed, by typing or copying it."


class Refusal(Exception):  # noqa: N818 - it is no error of ours
    """A request that is not let in.

    Attributes:
        status: the HTTP status.
        why: what the client is told.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


class WebGuard:
    """An ASGI app that lets requests of the UI's own page and of programs through to another.

    Args:
        app: Dagster's.
        port: the port of 127.0.0.1 that it is served on.
    """

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in LOOPBACK_NAMES}
        if port == HTTP_PORT:
            self._hosts |= set(LOOPBACK_NAMES)
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "lifespan":
            try:
                self._examine(scope)
            except Refusal as refusal:
                await _refuse(scope, receive, send, refusal)
                return
        await self._app(scope, receive, send)

    def _examine(self, scope: Message) -> None:
        """Look whether a request may pass.

        Raises:
            Refusal: it may not.
        """
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Refusal(FORBIDDEN, f"This server is not the one that the request names. {REMEDY}")
        for origin in _values(scope, b"origin"):
            if origin.lower() not in self._origins:
                raise Refusal(FORBIDDEN, f"The request comes from a page of another server. {REMEDY}")
        for site in _values(scope, b"sec-fetch-site"):
            if site.lower() not in OWN_SITES:
                raise Refusal(FORBIDDEN, f"The request comes from a page of another server. {REMEDY}")
        is_graphql = scope["path"].rstrip("/") == GRAPHQL
        if scope["type"] == "http" and is_graphql and scope["method"] in SAFE_METHODS:
            _examine_queries(scope["query_string"])


def _values(scope: Message, name: bytes) -> list[str]:
    """Return all values of a header, whose name an ASGI server gives in small letters."""
    return [value.decode("latin-1").strip() for header, value in scope["headers"] if header.lower() == name]


def _examine_queries(query_string: bytes) -> None:
    """Look whether a request by GET only asks.

    Raises:
        Refusal: it would change something, or cannot be understood.
    """
    # As Starlette takes it apart, and with it Dagster; of several it may take any.
    parameters = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    for name, value in parameters:
        if name == "query" and not _only_asks(value):
            raise Refusal(NOT_ALLOWED, "By GET one may ask, and nothing else. Send a mutation by POST.")


def _only_asks(text: str) -> bool:
    """Return whether each operation of a GraphQL document is a query; False where it is no document."""
    try:
        document = parse(text)
    except (GraphQLError, RecursionError):
        return False
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return all(node.operation == OperationType.QUERY for node in operations)


async def _refuse(scope: Message, receive: Receive, send: Send, refusal: Refusal) -> None:
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal.why})
        return
    body = f"{refusal.why}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if refusal.status == NOT_ALLOWED:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
