"""Proves `cli.output.json_document`: the same values for machines, and nothing for terminals to obey."""

import json

import pytest

from lake_assets.cli.output.json_document import write_json


def test_json_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Characters that steer or hide are escapes of JSON, and the value is the same."""
    data = {"key\u202e": "a\x1b\x7f\x9b\u200b\u2028\U000e0041ñ😀\nb"}

    write_json(data)

    written = capsys.readouterr().out
    assert all(line.isprintable() for line in written.split("\n"))
    assert "ñ😀" in written
    assert json.loads(written) == data
