"""The file `.env` of the working folder: variables that are not set become variables of this process.

They are put into the environment, and not only into `Settings`, for half of what a deployment sets is read by
others: `AWS_*` by boto3, `DAGSTER_*` by Dagster, which reads the same file for its own commands. What the
variables mean belongs to `settings`.
"""

import io
from pathlib import Path

from dotenv import load_dotenv
from dotenv.parser import Binding, parse_stream

from lake_assets.exceptions import ConfigurationError

ENV_FILE = ".env"


def load_env_file() -> None:
    """Set the variables of `.env` in the working folder, where there is one, that this process has not yet.

    A variable that is set wins over the file, even if it is empty.

    Raises:
        ConfigurationError: the file cannot be read, or a line of it sets nothing; then none of it is set. No
            line is quoted, for it may hold a secret.
    """
    path = Path(ENV_FILE)
    # Some people name the folder of a virtual environment so.
    if not path.exists() or path.is_dir():
        return
    text = _read(path)
    for binding in parse_stream(io.StringIO(text)):
        if _sets_nothing(binding):
            raise ConfigurationError(
                f"{path.absolute()}:{binding.original.line}: not a variable and its value. Write it as "
                "NAME=value, the value in single quotes where it holds blanks, quotes or #."
            )
    load_dotenv(stream=io.StringIO(text), override=False)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"{path.absolute()} cannot be read: {error.strerror}. Let this user read it, or move it away."
        ) from error
    except UnicodeDecodeError as error:
        # The error would carry the file's bytes with it, secrets among them.
        place = error.start
    raise ConfigurationError(f"{path.absolute()}: its byte {place} is not UTF-8. Save the file as UTF-8.")


def _sets_nothing(binding: Binding) -> bool:
    """Return whether a line is no comment, no blank and no variable with a value, which may be empty."""
    without_value = binding.key is not None and binding.value is None
    return binding.error or without_value
