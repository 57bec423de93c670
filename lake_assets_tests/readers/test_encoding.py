"""Proves `readers.encoding`: a file's first bytes overrule the catalog only where no such text begins so."""

import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.readers.detect import decide_csv
from lake_assets.readers.encoding import encoding_of
from lake_assets.readers.records import read_blocks
from lake_assets.recount.recount import recount
from lake_assets_tests.readers.test_detect_csv import ORDERS, table_of

TEXT = "id,amount,note\n1,2,Zoë\n3,4,x\n"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("encoding", "mark", "declared", "told"),
    [
        ("utf-16-le", True, "utf-8", "utf-16"),
        ("utf-16-be", True, "utf-8", "utf-16"),
        ("utf-32-le", True, "utf-8", "utf-32"),
        ("utf-16-le", False, "utf-8", "utf-16-le"),
        ("utf-16-be", False, "UTF8", "utf-16-be"),
        ("utf-16-be", True, "utf-16-le", "utf-16"),
        ("utf-8", True, "cp1252", "utf-8"),
        ("utf-8", True, "utf-16", "utf-8"),
        ("utf-8", True, "utf-8", "utf-8"),
        ("utf-8", False, "utf-8", "utf-8"),
        ("cp1252", False, "cp1252", "cp1252"),
    ],
)
def test_each_file_is_read_by_what_its_first_bytes_say(
    encoding: str, mark: bool, declared: str, told: str, packed: bool
) -> None:
    """Loader and recount read the same text, and the dialect says why."""
    body = ("\ufeff" * mark + TEXT).encode(encoding)
    body = gzip.compress(body) if packed else body
    dialect = decide_csv(body, table_of("id", "amount", "note", encoding=declared), "full")
    (block,) = read_blocks([body], dialect)

    assert dialect.encoding == told
    assert dialect.reasons["encoding"].startswith("begins with" if mark else "")
    assert block.data.decode() == TEXT.partition("\n")[2]
    assert recount([body], dialect) == block.records == 2


@given(
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40),
    st.sampled_from(["utf-8", "cp1252"]),
)
def test_text_without_nul_is_what_the_catalog_says(text: str, declared: str) -> None:
    """No UTF-8, and nothing without a mark, is taken for another encoding."""
    data = text.removeprefix("\ufeff").encode()

    assert encoding_of(data, "none", declared)[0] == declared


@pytest.mark.parametrize(
    "data", [b"1,a\0b,c\n" * 9, b"\0" * 40, b"1\0", b"a\0\n" * 20, b"a\0b\0\nx" * 9, b""]
)
def test_nuls_alone_make_no_utf16(data: bytes) -> None:
    """NULs that do not stand at every other place, line ends included, are cells' own."""
    assert encoding_of(data, "none", "utf-8")[0] == "utf-8"


def test_a_mark_of_utf16_is_text_in_windows_1252() -> None:
    """What may be text in the declared encoding is not overruled."""
    assert encoding_of(codecs.BOM_UTF16_LE + b"a,b\n", "none", "cp1252")[0] == "cp1252"
    assert decide_csv(b"1,2,x\n", ORDERS, "full").reasons["encoding"] == "the catalog says utf-8"


@pytest.mark.parametrize("declared", ["cp1252", "utf-16-be"])
def test_nuls_overrule_no_other_encoding(declared: str) -> None:
    """Where the catalog declares another encoding than UTF-8, only a byte order mark tells otherwise."""
    assert encoding_of(TEXT.encode("utf-16-le"), "none", declared)[0] == declared
