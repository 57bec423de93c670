"""A message as a service must get it, so that names from the lake are neither markup nor a call.

Apprise turns plain text into what a service wants (apprise/conversion/format.py of 2.2): HTML is escaped
whole, CommonMark by backslashes, but for `<` and `@`. Of the services below it says that they take plain
text, and each of them reads Markdown in it. What a message says belongs to `messages`.
"""

import re

from lake_assets.alerts.messages import Message

READ_MARKDOWN_IN_TEXT = frozenset(
    {
        "Discord", "Fluxer", "Guilded", "HumHub", "Mattermost", "Nextcloud Talk", "Notifiarr", "Revolt",
        "Ryver", "ServerChan", "Zulip",
    }
)  # fmt: skip
"""By Apprise's names; what plain text may hold stands in the documentation of each of them."""

NO_WIDTH = "\u200b"
"""Stands inside a call or a tag. Discord looks for calls in the text, whatever escapes stand in it."""

CALL = re.compile(r"@(?=(?:everyone|here|all|channel|room|team|group|online|topic|stream)\b)", re.IGNORECASE)
"""Where a word calls everybody in one chat or another."""

TAG = re.compile(r"<(?=[a-z/!?@#&:$])", re.IGNORECASE)
"""Where HTML, a link or a call by number may begin, such as Lark's `<at user_id="all">`."""

MARKUP = re.compile(r"[\\`*_~|\[\]<>#]|(?<=:)//|^[-+=]")
"""What has a meaning in Markdown, bare addresses and the beginnings of lists among it."""

TITLE_MARKUP = re.compile(r"[\\`*~|\[\]<>#]|(?<=:)//")
"""The same in a title, which one service shows as it is and another as Markdown: an escape might be seen."""

LINK_OF_OURS = re.compile(r"  see: https?://[\w.~:/?&=%+-]+")
"""The line with a page of the UI, whose parts are quoted: it is to be clicked."""


def fit(message: Message, service: str, format_: str) -> Message:
    """Return a message in which nothing is markup for those who read it so.

    Args:
        message: the message, as plain text.
        service: Apprise's name of the service.
        format_: what Apprise makes of plain text for it: `text`, `html` or `markdown`.
    """
    if format_ == "html":
        return message
    title, body = message.title, message.body
    reads_text_as_markdown = format_ == "text" and service in READ_MARKDOWN_IN_TEXT
    if reads_text_as_markdown or format_ == "markdown":
        title = TITLE_MARKUP.sub("?", title)
    if reads_text_as_markdown:
        body = _escape_lines(body)
    return Message(title=_break_calls(title), body=_break_calls(body))


def _escape_lines(body: str) -> str:
    lines = [line if LINK_OF_OURS.fullmatch(line) else _escape(line) for line in body.split("\n")]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return MARKUP.sub(_with_backslashes, text)


def _with_backslashes(found: re.Match[str]) -> str:
    return "".join(f"\\{character}" for character in found[0])


def _break_calls(text: str) -> str:
    broken = CALL.sub(f"@{NO_WIDTH}", text)
    return TAG.sub(f"<{NO_WIDTH}", broken)
