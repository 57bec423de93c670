"""The file `.env`: what of it becomes a variable of the process, and what is said of a file that is wrong."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from lake_assets.env_file import load_env_file
from lake_assets.exceptions import ConfigurationError
from lake_assets.settings import Settings

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, yield the path of its `.env`, and unset afterwards what it set."""
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ):
        os.environ.pop("PYTHON_DOTENV_DISABLED", None)
        yield tmp_path / ".env"


def test_settings_come_from_the_file(env_file: Path) -> None:
    """What stands in `.env` is a setting, with or without `export`, quotes and remarks."""
    env_file.write_text(
        "# ours\n\nexport LAKE_ASSETS_ALERTS='slack://a#b  mailto://c'\n"
        "LAKE_ASSETS_ALERT_QUARANTINED=7 # few\n"
    )

    load_env_file()

    settings = Settings.from_env()
    assert settings.alerts == ("slack://a#b", "mailto://c")
    assert settings.alert_quarantined == 7


def test_variables_that_others_read_are_set_too(env_file: Path) -> None:
    """boto3 and Dagster find their variables in the environment, as if they had been exported."""
    env_file.write_text("AWS_ACCESS_KEY_ID=key\nDAGSTER_HOME=/srv/dagster\n")

    load_env_file()

    assert os.environ["AWS_ACCESS_KEY_ID"] == "key"
    assert os.environ["DAGSTER_HOME"] == "/srv/dagster"


@pytest.mark.parametrize("value", ["s3://mine", ""])
def test_a_variable_that_is_set_wins(env_file: Path, value: str) -> None:
    """The environment counts more than the file, even with an empty variable, which turns a setting off."""
    env_file.write_text("LAKE_ASSETS_LAKE=s3://other\n")
    os.environ["LAKE_ASSETS_LAKE"] = value

    load_env_file()

    assert os.environ["LAKE_ASSETS_LAKE"] == value


def test_a_value_may_name_another_variable(env_file: Path) -> None:
    """`${NAME}` stands for a variable of the environment or of the file."""
    os.environ["BASE"] = "/srv"
    env_file.write_text("LAKE_ASSETS_HOME=${BASE}/lake\nLAKE_ASSETS_CATALOG=${LAKE_ASSETS_HOME}/catalog\n")

    load_env_file()

    assert Settings.from_env().catalog == Path("/srv/lake/catalog")


def test_a_file_of_windows_is_read(env_file: Path) -> None:
    """Byte order mark and line ends of Windows are no part of names and values."""
    env_file.write_bytes(b"\xef\xbb\xbfLAKE_ASSETS_UI_URL=http://ui\r\nLAKE_ASSETS_HOME=/srv\r\n")

    load_env_file()

    assert (os.environ["LAKE_ASSETS_UI_URL"], os.environ["LAKE_ASSETS_HOME"]) == ("http://ui", "/srv")


def test_a_folder_of_that_name_is_none_of_ours(env_file: Path) -> None:
    """A virtual environment named `.env` does not stop a command."""
    env_file.mkdir()
    before = dict(os.environ)

    load_env_file()

    assert dict(os.environ) == before


@pytest.mark.parametrize(
    "wrong",
    [
        "LAKE_ASSETS_WAREHOUSE: s3cr3t",
        "s3cr3t",
        "LAKE_ASSETS_ALERTS='s3cr3t",
        "set X=s3cr3t",
        "export s3cr3t",
    ],
)
def test_a_line_that_sets_nothing_is_told_without_its_words(env_file: Path, wrong: str) -> None:
    """A line that is no variable and value is refused with file and line, and none of the file is set."""
    env_file.write_text(f"# ours\nLAKE_ASSETS_HOME=/srv\n{wrong}\n")

    with pytest.raises(ConfigurationError, match=r"/\.env:3: .* Write it as NAME=value") as caught:
        load_env_file()

    assert "s3cr3t" not in str(caught.value)
    assert "LAKE_ASSETS_HOME" not in os.environ


def test_a_file_that_is_not_utf_8_is_told_without_its_words(env_file: Path) -> None:
    """The error names file, byte and remedy, and carries none of the file's bytes."""
    env_file.write_bytes(b"LAKE_ASSETS_ALERTS=s3cr3t\xff\n")

    with pytest.raises(
        ConfigurationError, match=r"its byte 25 is not UTF-8\. Save the file as UTF-8"
    ) as caught:
        load_env_file()

    assert caught.value.__context__ is None


def test_a_file_that_cannot_be_read_is_told(env_file: Path) -> None:
    """What is there and cannot be read, here a socket, is not taken for a file that is not there."""
    assert not env_file.exists()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(".env")

    with pytest.raises(ConfigurationError, match=r"/\.env cannot be read: .*\. Let this user read it"):
        load_env_file()


def test_every_command_reads_the_file(env_file: Path) -> None:
    """A command takes its settings from the `.env` of the folder it is started in."""
    env_file.write_text("LAKE_ASSETS_LAKE=s3://lake\n")

    code = "import sys; from lake_assets.cli.main import main; main(['status'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "LAKE_ASSETS_LAKE is set and LAKE_ASSETS_WAREHOUSE is not" in done.stderr


def test_the_code_location_reads_the_file(env_file: Path) -> None:
    """Dagster's code server takes its settings from the `.env` of its folder."""
    env_file.write_text("LAKE_ASSETS_WAREHOUSE=postgresql://db/reports\n")

    code = "from lake_assets.definitions import defs; defs()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "LAKE_ASSETS_WAREHOUSE is set and LAKE_ASSETS_LAKE is not" in done.stderr
