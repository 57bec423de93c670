"""Proves `web_server` and `web_guard`: the UI answers its own page, its user's programs and nobody else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from lake_assets.embedded import processes
from lake_assets.embedded.ports import free_port

MUTATION = "mutation { setNuxSeen }"
QUERY = "{ version }"
HOME = "telemetry: {enabled: false}\n"
CODE = "import dagster as dg\n\n\n@dg.asset\ndef one() -> None: ...\n"
START_SECONDS = 90

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "graphql-ws",
}


@dataclass(frozen=True)
class Ui:
    """The UI as it is served.

    Attributes:
        port: where.
        home: DAGSTER_HOME.
    """

    port: int
    home: Path

    @property
    def origin(self) -> str:
        """The origin of its own page."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: str | None = None, /, **headers: str | list[str]
    ) -> tuple[int, str]:
        """Send a request and return status and body of the answer.

        Args:
            method: the request's method.
            path: its path, and what is behind it.
            body: its body.
            headers: its headers, `_` for `-`, several of one as a list; Host is ours if not given.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest(method, path, skip_host=True)
        for name, values in ({"Host": f"127.0.0.1:{self.port}"} | headers).items():
            for value in [values] if isinstance(values, str) else values:
                connection.putheader(name.replace("_", "-"), value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if body is not None else None)
        answer = connection.getresponse()
        if answer.status == 101:
            connection.close()
            return 101, ""
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text

    def post(self, text: str, **headers: str | list[str]) -> tuple[int, str]:
        """Send a GraphQL document by POST, as the UI's page does."""
        return self.ask(
            "POST", "/graphql", json.dumps({"query": text}), Content_Type="application/json", **headers
        )

    def get(self, text: str, **headers: str | list[str]) -> tuple[int, str]:
        """Send a GraphQL document by GET, as an image does."""
        return self.ask("GET", f"/graphql?query={quote(text)}", **headers)

    @property
    def own(self) -> dict[str, str | list[str]]:
        """The headers that a browser sends with a request of the UI's own page."""
        return {"Origin": self.origin, "Sec_Fetch_Site": "same-origin"}


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """Serve the UI of a small project as `lake-assets demo` does."""
    home = tmp_path_factory.mktemp("dagster_home")
    (home / "dagster.yaml").write_text(HOME, encoding="utf-8")
    (home / "code.py").write_text(CODE, encoding="utf-8")
    workspace = home / "workspace.yaml"
    workspace.write_text(f"load_from: [{{python_file: {home / 'code.py'}}}]\n", encoding="utf-8")
    port = free_port()
    argv = [
        sys.executable,
        "-P",
        "-m",
        "lake_assets.orchestration.web_server",
        "-w",
        str(workspace),
        "-p",
        str(port),
    ]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            argv, env=os.environ | {"DAGSTER_HOME": str(home)}, cwd=home, stdout=log, stderr=subprocess.STDOUT
        )
    process = psutil.Process(server.pid)
    served = Ui(port=port, home=home)
    try:
        assert processes.answers_in_time(process, lambda: answers(served), START_SECONDS), (
            home / "log"
        ).read_text()
        yield served
    finally:
        children = process.children(recursive=True) if process.is_running() else []
        server.terminate()
        server.wait(30)
        for child in children:
            if child.is_running():
                child.terminate()


def answers(ui: Ui) -> bool:
    """Return whether the server takes requests."""
    try:
        return ui.ask("GET", "/server_info")[0] == 200
    except OSError:
        return False


def test_the_page_and_what_it_asks_pass(ui: Ui) -> None:
    """A person opens the page, which fetches its parts, asks by POST, changes something and listens."""
    status, page = ui.ask("GET", "/", Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate")
    assert status == 200
    assert "<title>Dagster</title>" in page or "Dagster" in page
    assert ui.ask("GET", "/favicon.svg", Sec_Fetch_Site="same-origin")[0] == 200
    assert ui.ask("GET", "/assets/shop/orders?view=partitions", Sec_Fetch_Site="none")[0] == 200
    assert ui.ask("GET", "/graphql", Accept="text/html", Sec_Fetch_Site="none")[0] == 200
    status, answer = ui.post(QUERY, **ui.own)
    assert (status, "version" in json.loads(answer)["data"]) == (200, True)
    assert ui.post(MUTATION, **ui.own) == (200, '{"data":{"setNuxSeen":true}}')
    assert ui.ask("GET", "/graphql", Origin=ui.origin, Sec_Fetch_Site="same-origin", **HANDSHAKE)[0] == 101


def test_programs_pass(ui: Ui) -> None:
    """A program, which is no browser and sends no such headers, asks and changes things."""
    assert ui.post(MUTATION)[0] == 200
    assert ui.get(QUERY)[0] == 200
    for name in ("localhost", "LOCALHOST", "[::1]"):
        assert ui.post(QUERY, Host=f"{name}:{ui.port}")[0] == 200


@pytest.mark.parametrize(
    "text",
    [
        MUTATION,
        f"query A {QUERY} mutation B {{ setNuxSeen }}",
        f"# {QUERY}\n{MUTATION}",
        "subscription { capturedLogs(logKey: []) { stdout } }",
        "mutation {",
        "",
        "{" * 5000,
    ],
)
def test_nothing_is_changed_by_get(ui: Ui, text: str) -> None:
    """A document sent by GET that is anything but a query is refused, whoever sends it."""
    for path in ("/graphql", "/graphql/", "/%67raphql"):
        assert ui.ask("GET", f"{path}?query={quote(text)}", **ui.own)[0] == 405
        assert ui.ask("GET", f"{path}?query={quote(QUERY)}&query={quote(text)}")[0] == 405
        assert ui.ask("GET", f"{path}?query={quote(text)}&query={quote(QUERY)}")[0] == 405


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}.evil.example", "", "localhost.:{port}"],
)
def test_a_foreign_name_is_refused(ui: Ui, host: str) -> None:
    """A name that leads here is not ours (DNS rebinding): page, question and change are all refused."""
    named = host.format(port=ui.port)
    assert ui.ask("GET", "/", Host=named)[0] == 403
    assert ui.post(MUTATION, Host=named)[0] == 403
    assert ui.ask("GET", "/graphql", Host=named, **HANDSHAKE)[0] == 403


def test_two_names_are_refused(ui: Ui) -> None:
    """A request that names two servers is not for ours."""
    assert ui.post(QUERY, Host=[f"127.0.0.1:{ui.port}", "evil.example"])[0] in {400, 403}


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "file://",
    ],
)
def test_a_foreign_page_is_refused(ui: Ui, origin: str) -> None:
    """A request that a page of another origin sends is refused, a WebSocket too."""
    foreign = origin.format(port=ui.port)
    assert ui.post(MUTATION, Origin=foreign)[0] == 403
    assert ui.post(MUTATION, Origin=[ui.origin, foreign])[0] == 403
    assert ui.ask("GET", "/graphql", Origin=foreign, **HANDSHAKE)[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something", ""])
def test_a_foreign_site_is_refused(ui: Ui, site: str) -> None:
    """What a browser sends for a page of another site or port is refused, images and redirects too."""
    assert ui.get(MUTATION, Sec_Fetch_Site=site, Sec_Fetch_Dest="image")[0] in {403, 405}
    assert ui.get(QUERY, Sec_Fetch_Site=site)[0] == 403
    assert ui.ask("GET", "/", Sec_Fetch_Site=site)[0] == 403
    assert ui.post(MUTATION, Sec_Fetch_Site=site)[0] == 403
    assert (
        ui.ask("POST", f"/graphql?query={quote(MUTATION)}", "", Content_Type="text/plain", Origin="null")[0]
        == 403
    )


def test_a_refusal_says_what_to_do(ui: Ui) -> None:
    """Whoever follows a link from elsewhere is told how to get in."""
    assert "Open the address that was printed" in ui.ask("GET", "/", Sec_Fetch_Site="cross-site")[1]
