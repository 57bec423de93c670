"""Proves `readers.relative_times`: one rule in two languages, which is the server's own."""

import psycopg
import pytest

from lake_assets.readers.relative_times import FOR_POSTGRES, IN_BYTES

READ_OFF_THE_CLOCK = (
    *("now", "NOW()", "Today", "today x", "x today", "tomorrow 10:00", "10:00yesterday", "today+03"),
    *("today -03", "now_", "(now)", "[2018-09-06,now)", "/today", "10:00\ntoday", "today\u00e9", "1now1"),
)
OTHERS = (
    *("", "known", "snow", "Sunday", "tomorrows", "to day", "infinity", "epoch", "2018-09-06 allballs"),
    *("today-", "today/", "today.", "now-04", "now/Auckland", "yesterday.10", "tomorrow-1"),
)
TYPES = ("timestamptz", "timestamp", "date", "time", "timetz")


@pytest.mark.parametrize("text", [*READ_OFF_THE_CLOCK, *OTHERS])
def test_both_forms_find_the_same_words(connection: psycopg.Connection, text: str) -> None:
    """A cell of a file and a text of a document are judged alike, whatever the letter case."""
    found = connection.execute("SELECT %s ~* %s", [text, FOR_POSTGRES]).fetchone()

    assert found == (IN_BYTES.search(text.encode()) is not None,) == (text in READ_OFF_THE_CLOCK,)


@pytest.mark.parametrize("text", OTHERS)
def test_the_server_reads_nothing_else_off_the_clock(connection: psycopg.Connection, text: str) -> None:
    """What the rule lets pass is no time to the server (`today-`), or always the same one (`epoch`)."""
    always_the_same = {"infinity", "epoch", "2018-09-06 allballs"}
    for declared in TYPES:
        read = connection.execute("SELECT pg_input_is_valid(%s, %s)", [text, declared]).fetchone()
        assert read == (False,) or text in always_the_same, declared
