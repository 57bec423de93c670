"""Proves `readers.original`: a record goes back into its file's encoding byte for byte, whatever it holds."""

import codecs
import gzip
from collections.abc import Sequence

import pytest

from lake_assets.readers.decode import decode
from lake_assets.readers.detect import decide_csv
from lake_assets.readers.original import beginning, encode_back
from lake_assets_tests.fix_bench import make_table

EVERY_BYTE = bytes(range(256))
COLUMNS = {"id": "bigint", "note": "text"}


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("utf-8", EVERY_BYTE),
        ("latin-1", EVERY_BYTE),
        ("cp1252", EVERY_BYTE),
        ("ascii", EVERY_BYTE),
        ("shift_jis", "表示,ソ".encode("shift_jis") + b"\xff"),
        ("utf-16-le", "a,ñ😀".encode("utf-16-le") + b"\x00\xd8,\x00"),
        ("utf-16-be", "a,ñ😀".encode("utf-16-be") + b"\xd8\x00\x00,"),
        ("utf-32-le", "a,😀".encode("utf-32-le") + b"\x00\x00\x11\x00"),
    ],
)
def test_a_record_is_what_it_was(encoding: str, raw: bytes) -> None:
    """What was read from an encoding, bytes that it does not know included, comes back as it was."""
    kept = b"".join(decode([raw], "none", encoding, whole=False))

    assert encode_back(kept, encoding) == raw


def test_a_character_that_an_encoding_lacks_is_an_error() -> None:
    """What cannot have come from a file of that encoding is neither left out nor looked at without end."""
    with pytest.raises(UnicodeEncodeError):
        encode_back("1,€".encode(), "latin-1")


def written(text: str, encoding: str, mark: bytes = b"") -> bytes:
    """Write a text in an encoding, behind a byte order mark."""
    return mark + text.encode(encoding)


@pytest.mark.parametrize(
    ("declared", "head", "found"),
    [
        ("utf-8", b"id,note\r\n1,a\r\n", ("utf-8", b"id,note\n")),
        ("utf-8", codecs.BOM_UTF8 + b"id,note\n", ("utf-8", codecs.BOM_UTF8 + b"id,note\n")),
        ("utf-8", codecs.BOM_UTF8 + b"1,a\n", ("utf-8", codecs.BOM_UTF8)),
        ("utf-8", b"1,a\n", ("utf-8", b"")),
        ("utf-8", gzip.compress(b'"id","note"\n1,a\n', mtime=0), ("utf-8", b'"id","note"\n')),
        ("latin-1", b"id,note,\xf1\n1,a,b\n", ("iso8859-1", b"id,note,\xf1\n")),
        (
            "utf-16",
            written("id,note\n1,a\n", "utf-16-be", codecs.BOM_UTF16_BE),
            ("utf-16-be", written("id,note\n", "utf-16-be", codecs.BOM_UTF16_BE)),
        ),
        (
            "utf-16",
            written("1,a\n", "utf-16-le", codecs.BOM_UTF16_LE),
            ("utf-16-le", codecs.BOM_UTF16_LE),
        ),
        ("utf-16-le", written("id,note\n", "utf-16-le"), ("utf-16-le", written("id,note\n", "utf-16-le"))),
    ],
)
def test_what_stands_before_the_first_record(declared: str, head: bytes, found: Sequence[object]) -> None:
    """A byte order mark and a header are kept as they are, and the encoding with its byte order."""
    dialect = decide_csv(head, make_table(COLUMNS, files={"encoding": declared}), "cdc")

    assert beginning(head, dialect) == found
