"""Proves that names from the lake are text wherever alerts are read: no markup, no link, no call."""

import json
from html import unescape
from typing import Any

import pytest
from apprise.manager_plugins import NotificationManager
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lake_assets.alerts import receivers
from lake_assets.alerts.background import Background
from lake_assets.alerts.chat_markup import NO_WIDTH, READ_MARKDOWN_IN_TEXT, fit
from lake_assets.alerts.incident import Incident
from lake_assets.alerts.messages import Message, write
from lake_assets.alerts.open_alert import Step
from lake_assets_tests.fix_alerts import Inbox

HOSTILE = "![](//host/x) [sum](https://host/) <@1> <!channel> <img src=//host/x> @everyone **b** `c`"
UI = "https://dagster.example.com"


def message_about(name: str) -> Message:
    """Return what is told of a folder of this name."""
    return written(Incident("unknown_table", "shop", subject=name, label=f"shop/{name}"))


def written(incident: Incident) -> Message:
    """Return what is told of a new incident."""
    return write(Step(alert=None, incidents=(incident,), event="opened"), Background(ui_url=UI))


def rendered(markdown: str) -> set[str]:
    """Return the kinds of what CommonMark makes of a text."""
    kinds = set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        kinds |= {token.type} | {child.type for child in token.children or ()}
    return kinds


def test_the_services_are_apprises() -> None:
    """Each service that reads Markdown in plain text is one of Apprise's, which takes plain text."""
    texts = set()
    for plugin in NotificationManager().plugins():  # type: ignore[no-untyped-call]
        formats = plugin.notify_format
        if "text" in (formats if isinstance(formats, tuple) else (formats,)):
            texts.add(str(plugin.service_name))

    assert texts >= READ_MARKDOWN_IN_TEXT


@given(st.text(st.characters(codec="utf-8"), min_size=1) | st.text("![]()<>*_`~|\\#@-+=:/ ab"))
def test_a_name_is_no_markup(name: str) -> None:
    """Whatever a folder is called, a service that reads Markdown shows words and lines only."""
    fitted = fit(message_about(name), "Discord", "text")

    allowed = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak", "code_block"}
    assert rendered(fitted.body) <= allowed
    assert not set(fitted.title) & set("[]<>`*")


@pytest.mark.parametrize("service", ["Discord", "Lark (Feishu)"])
@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_a_name_calls_nobody(service: str, format_: str) -> None:
    """No word of a name calls a whole chat, in the body or in the title."""
    fitted = fit(message_about("@everyone <@1>"), service, format_)

    assert f"@{NO_WIDTH}everyone" in fitted.body
    assert f"@{NO_WIDTH}everyone" in fitted.title
    assert "<@" not in fitted.title + fitted.body


def test_the_page_of_the_ui_stays_a_link() -> None:
    """The address in a message is as it was, so that it can be clicked."""
    message = written(Incident("missing", "shop", "my_orders"))

    assert f"  see: {UI}/assets/shop/my_orders\n" in fit(message, "Discord", "text").body


def test_plain_text_stays_plain() -> None:
    """A service that shows plain text, and one for which Apprise escapes all of it, get it as it is."""
    quiet = message_about("![](//host/x) [sum](https://host/) a < b user@host **b** `c`")
    hostile = message_about(HOSTILE)

    assert fit(quiet, "JSON", "text") == quiet
    assert fit(hostile, "E-Mail", "html") == hostile


def test_nothing_that_hides_or_turns_is_sent() -> None:
    """Control characters and those of direction and no width are shown as escapes in title and body."""
    message = message_about("a\x1b[2J\u202e\u200b\u2066\x9bb\nc")

    shown = r"a\x1b[2J\u202e\u200b\u2066\x9bb\nc"
    assert f"shop/{shown}" in message.title
    assert f"  about: {shown}\n" in message.body
    assert all(line.isprintable() for line in (message.title, *message.body.split("\n")))


def sent_by(url: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Send a message about a hostile name to a service whose server is the inbox, and return what came."""
    (receiver,), _ = receivers.read_receivers([url])
    service = receivers._service(url)
    assert service
    for address in ("notify_url", "webhook_url"):
        if hasattr(type(service), address):
            monkeypatch.setattr(type(service), address, f"http://127.0.0.1:{inbox.port}")
    receivers.send(receiver, message_about(HOSTILE), "warning")  # Slack wants an answer of its own
    return inbox.received[-1]


def test_discord_gets_no_markup(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives at Discord, as Apprise sends it, has no link, image or call in it."""
    content = sent_by("discord://1234567890/abcdefghijklmnop", inbox, monkeypatch)["content"]

    assert not rendered(content) & {"image", "link_open", "strong_open", "code_inline", "html_inline"}
    assert "@everyone" not in content
    assert "https://host" not in content


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        "mmost://127.0.0.1:{port}/3ccdd113474722377935511fc85d3dd4",
    ],
)
def test_chats_get_no_markup(url: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives at Slack and Mattermost has no tag, image or call in it."""
    said = json.dumps(sent_by(url.format(port=inbox.port), inbox, monkeypatch), ensure_ascii=False)

    for tag in ("<!channel>", "<@1>", "<img", "@everyone"):
        assert tag not in said
    assert "![" in unescape(said).replace("\\", "")
