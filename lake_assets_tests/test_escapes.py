"""Proves `escapes`: text of any origin is seen whole, and steers neither terminal, Markdown nor shell."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lake_assets.escapes import escape_markdown, escape_unprintable, shell_word

ANY_TEXT = st.text(st.characters(codec="utf-8")) | st.text("![]()<>*_`~|\\#@-+=:/&; \nab\u202e\u200b")

HIDDEN = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2060\u2066\u2067\u2068\u2069\ufeff\U000e0041",
]
"""Characters of control, of direction, and without width."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ñ 😀", "plain ñ 😀"),
        ("two\nlines\r\tand", "two\\nlines\\r\\tand"),
        ("\x1b[31mred\x07\x9b", "\\x1b[31mred\\x07\\x9b"),
        ("back\\slash", "back\\slash"),
        ("txt.\u202evsc", "txt.\\u202evsc"),
        ("pay\u200bment", "pay\\u200bment"),
    ],
)
def test_text_cannot_steer_who_shows_it(text: str, shown: str) -> None:
    """Characters of control, of direction and without width are shown as escapes; all others as they are."""
    assert escape_unprintable(text) == shown


@pytest.mark.parametrize("character", HIDDEN)
def test_nothing_hides(character: str) -> None:
    """Each character that steers or hides is shown as an escape."""
    assert escape_unprintable(f"a{character}b").startswith("a\\")


@given(ANY_TEXT)
def test_all_text_is_one_printable_line(text: str) -> None:
    """Whatever a text holds, what is shown of it is printable, and is the same when shown again."""
    shown = escape_unprintable(text)

    assert shown.isprintable()
    assert escape_unprintable(shown) == shown


@given(ANY_TEXT)
def test_markdown_shows_text_as_it_is(text: str) -> None:
    """Markdown makes words or one span of code of any text, alone and behind words of ours."""
    shown = escape_unprintable(text)
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for before in ("", "the folder "):
        parts = []
        for token in reader.parse(before + escape_markdown(text)):
            assert token.type in {"paragraph_open", "inline", "paragraph_close"}
            parts += token.children or []
        assert {part.type for part in parts} <= {"text", "code_inline"}
        assert "".join(part.content for part in parts).strip(" ") == (before + shown).strip(" ")


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("3 records in 1 file: 3 rows in main.", "3 records in 1 file: 3 rows in main."),
        ("missing: no file came, and one was due (expect: hourly)", None),
        ("dms/shop/my_orders", None),
        ("![](//host/x)", "`![](//host/x)`"),
        ("see http://host/x", "`see http://host/x`"),
        ("www.example.com", "`www.example.com`"),
        ("a@example.com", "`a@example.com`"),
        ("1. x", "`1. x`"),
        ("a``b", "```a``b```"),
        ("`a", "`` `a ``"),
    ],
)
def test_words_stay_words_in_markdown(text: str, markdown: str | None) -> None:
    """Plain words stand as they are; what could be a link, a list or anything else is a span of code."""
    assert escape_markdown(text) == (markdown or text)


def test_a_plain_word_is_as_people_write_it() -> None:
    """A name is quoted for the shell only where it must be."""
    assert shell_word("shop.orders") == "shop.orders"
    assert shell_word("my shop; rm x") == "'my shop; rm x'"
    assert shell_word("a\x1b'b") == r"$'a\x1b\'b'"


def test_a_shell_reads_back_what_was_meant() -> None:
    """A shell makes of each word the text it stands for, and of no word a command."""
    texts = [
        "a b",
        "$(date)",
        "`date`",
        "it's",
        "a\nb\\n",
        "\x1b[2J\x01f",
        "\u202etxt",
        "\x85é\U000e0041",
        "!x",
    ]
    words = " ".join(shell_word(text) for text in texts)
    script = f"printf '%s\\0' {words}"

    read = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )

    assert words.isprintable()
    assert read.stdout.decode().split("\0")[:-1] == texts
