"""Passwords in what Dagster and the drivers below it say of a connection."""

import re

_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*):[^@\s]+@")


def mask_passwords(text: str) -> str:
    """Return the text with `***` in the place of each password of a URL in it."""
    return _PASSWORD_IN_URL.sub(r"\1:***@", text)
