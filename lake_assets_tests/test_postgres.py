"""Proves `postgres`: what is written for people can be written, whatever it says."""

import psycopg
import pytest

from lake_assets.postgres import holdable


@pytest.mark.parametrize(
    ("text", "held"), [("a\0b", "a\ufffdb"), ("\ud800 and \U0001f600", "\\ud800 and \U0001f600"), ("", "")]
)
def test_any_text_can_be_held(connection: psycopg.Connection, text: str, held: str) -> None:
    """NUL and halves of characters, which PostgreSQL refuses in a text, are shown as something else."""
    assert connection.execute("SELECT %s", [holdable(text)]).fetchone() == (held,)
