"""Proves that files are known by their first bytes: how they are packed, and what is no file of records."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Mapping

import pyarrow as pa
import pytest
import zstandard
from pyarrow import orc

from lake_assets.catalog.models import FileOptions
from lake_assets.exceptions import LakeError
from lake_assets.readers.detect import format_of
from lake_assets.readers.first_bytes import packing_of

AUTO = FileOptions()
LINES = b"".join(b"%d,name %d,2018-09-06 10:00:00\n" % (number, number) for number in range(3000))
PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
AVRO = b"Obj\x01\x04\x16avro.schema\x2e" + b'{"type":"record","name":"r"}'


def _zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.csv", LINES)
    return archive.getvalue()


def _orc(compression: str) -> bytes:
    sink = io.BytesIO()
    orc.write_table(pa.table({"id": [1, 2, 3]}), sink, compression=compression)
    return sink.getvalue()


def _arrow() -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, pa.schema({"id": pa.int64()})):
        pass
    return sink.getvalue()


def _snappy_in_blocks() -> bytes:
    block = bytes(pa.compress(LINES, codec="snappy", asbytes=True))
    return len(LINES).to_bytes(4) + len(block).to_bytes(4) + block


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("zip", _zipped()),
        ("lz4", pa.compress(LINES, codec="lz4", asbytes=True)),
        ("snappy", pa.compress(LINES, codec="snappy", asbytes=True)),
        ("snappy", pa.compress(LINES * 10, codec="snappy", asbytes=True)[:5000]),
        ("snappy", _snappy_in_blocks()),
        ("snappy", b"\xff\x06\x00\x00sNaPpY\x00"),
        ("zlib", zlib.compress(LINES)),
        ("ORC", _orc("uncompressed")),
        ("ORC", _orc("zlib")),
        ("Avro", AVRO),
        ("Arrow", _arrow()),
    ],
)
def test_what_is_no_file_of_records_is_named(name: str, data: bytes) -> None:
    """Such a file is refused under any name, packed or not, with its format and the remedy."""
    for packed in (data, gzip.compress(data)):
        for key in ("shop/orders/LOAD00000001.csv", "x.jsonl", "x.parquet"):
            with pytest.raises(LakeError, match=rf"This is {name} by its first bytes.*Write it"):
                format_of(key, packed, AUTO)


@pytest.mark.parametrize(
    "text",
    [
        b"BZh91AY&SY,note\n1,x\n",
        b"PK,note\n1,x\n",
        b"PAR1,PAR2\n1,2\n",
        b"ORC,note\n1,x\n",
        "ORCé,note\n1,x\n".encode(),
        b"ORC\x01note\n1\x01x\n" * 99,
        b"Obj\x01note\n1\x01x\n" * 99,
        b"x\x01y\n1\x012\n" * 99,
        b"x^y\n" * 99,
        "é,ü\nß,ö\n".encode("cp1252") * 99,
        "id,note\n1,é\n".encode("utf-16-le") * 99,
        b"%PDF-1.4,note\n1,x\n",
        b"\0\0,note\n",
        b"\xe9\n",
        b"7z,note\n",
    ],
)
def test_a_text_that_begins_like_something_else_is_a_text(text: bytes) -> None:
    """Marks made of letters are believed only where what follows is no text."""
    assert format_of("shop/orders/LOAD00000001.csv", text, AUTO)[0] == "csv"
    assert packing_of(text) == "none"


@pytest.mark.parametrize("outer", PACK)
@pytest.mark.parametrize("inner", PACK)
def test_what_is_packed_twice_has_a_sentence_of_its_own(outer: str, inner: str) -> None:
    """One layer is taken off; what is still packed then is never read as text."""
    with pytest.raises(LakeError, match=f"packed twice, {inner} in {outer}"):
        format_of("x.csv", PACK[outer](PACK[inner](LINES)), AUTO)


@pytest.mark.parametrize("declared", ["none", "gzip", "xz"])
def test_a_file_packed_otherwise_than_the_catalog_says_is_refused(declared: str) -> None:
    """The key cannot make bytes of one packing those of another."""
    files = FileOptions.model_validate({"compression": declared})
    with pytest.raises(LakeError, match=f"packed with bz2.*`compression: {declared}`"):
        format_of("x.csv", bz2.compress(LINES), files)


def test_a_packing_without_a_mark_is_told_by_the_name() -> None:
    """Of brotli only the name tells; a text under such a name is a text."""
    with pytest.raises(LakeError, match="packed with brotli by its name"):
        format_of("x.csv.br", b"\x1b\x0f\x00\xf8\x25\x82\x8c\x8c", AUTO)
    assert format_of("x.csv.br", b"id,note\n1,\xc3\xa9\n", AUTO)[0] == "csv"
