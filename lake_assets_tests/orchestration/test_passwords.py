"""Proves `passwords`: what is shown of a connection shows no password."""

import pytest

from lake_assets.orchestration.passwords import mask_passwords


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("cannot reach postgresql://me:s3cr3t@db:5432/x", "cannot reach postgresql://me:***@db:5432/x"),
        ("postgresql://:s3cr3t@db and http://u:p@h", "postgresql://:***@db and http://u:***@h"),
        ("https://host:3000/runs of me@example.com", "https://host:3000/runs of me@example.com"),
    ],
)
def test_passwords_of_urls_are_masked(said: str, shown: str) -> None:
    """Each password of a URL is hidden, and all else stays."""
    assert mask_passwords(said) == shown
