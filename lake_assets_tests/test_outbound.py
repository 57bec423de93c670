"""Proves that the UI's page fetches nothing from elsewhere and reports to nobody."""

import asyncio
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.webserver import DagsterWebserver

OPERATIONS = Path(__file__).parents[1] / "docs" / "operations.md"


def embedded_settings() -> str:
    """Give the dagster.yaml of the embedded stack."""
    return files("lake_assets.embedded").joinpath("dagster.yaml").read_text(encoding="utf-8")


def documented_settings() -> str:
    """Give the dagster.yaml that the page on operations shows."""
    found = re.search(r"```yaml\n(storage:.*?)```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


async def fetch(app: Any) -> str:
    """Give the page that the app serves at its root."""
    body = bytearray()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return body.decode()


@pytest.mark.parametrize("settings", [embedded_settings, documented_settings])
def test_the_page_reports_to_nobody(settings: Any, tmp_path: Path) -> None:
    """With our dagster.yaml the page has telemetry off, without which it loads no script from elsewhere."""
    own = {"telemetry": yaml.safe_load(settings())["telemetry"]}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")

    with (
        dg.DagsterInstance.from_config(str(tmp_path)) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as context,
    ):
        page = asyncio.run(fetch(DagsterWebserver(context).create_asgi_app()))

    assert '"telemetryEnabled": false' in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
