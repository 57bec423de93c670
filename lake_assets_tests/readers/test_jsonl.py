"""Proves `jsonl`: every line is a record, values arrive as they are written, a bad line costs itself."""

import csv
import gzip
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake_assets.exceptions import LakeError
from lake_assets.readers.blocks import Block
from lake_assets.readers.csv_splitter import Limits
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.jsonl import MOST_KEYS, MOST_NESTED, keys_of, read_rows
from lake_assets.readers.records import read_blocks, read_records
from lake_assets.recount.recount import recount
from lake_assets_tests.examples import examples
from lake_assets_tests.readers.rule import dialect_of, in_chunks
from lake_assets_tests.readers.test_records import chunk_sizes

BROKEN = "broken JSON: "


def lines_of(data: bytes, **changes: object) -> Dialect:
    """Make the dialect of some JSON lines, with the keys they have."""
    made = dialect_of(format="jsonl", header=True, **changes)
    keys = keys_of([data], made.compression, made.encoding, made.nul)
    return dialect_of(*(keys or ("a",)), format="jsonl", header=True, keys=keys, **changes)


def outcomes(data: bytes, sizes: Sequence[int] = (1000,), **changes: object) -> list[dict[str, str] | str]:
    """Read everything: the values of each good record that are not NULL, the reason of each bad one."""
    dialect = lines_of(data, **changes)
    blocks = list(read_blocks(in_chunks(data, sizes), dialect))
    bad = {record.number: record.reason for block in blocks for record in block.bad}
    count = sum(block.records for block in blocks)
    assert recount(in_chunks(data, sizes), dialect) == count
    good = [number for number in range(1, count + 1) if number not in bad]
    records = {record.number: record for record in read_records(in_chunks(data, sizes), dialect, good)}
    found: list[dict[str, str] | str] = []
    for number in range(1, count + 1):
        cells = dict(zip(dialect.keys, records[number].cells, strict=False)) if number in records else {}
        shown = {key: cell for key, cell in cells.items() if cell is not None}
        found.append(shown if number in records else bad[number])
    return found


def written(blocks: Sequence[Block]) -> list[list[str]]:
    """Return what CSV readers make of blocks; NULL and an empty text are alike to them."""
    return list(csv.reader(io.StringIO(b"".join(block.data for block in blocks).decode(), newline="")))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('"x"', "x"),
        ('""', ""),
        ('"null"', "null"),
        (r'"\\N \\. \" \/ \n \t \u00e9 \ud83d\ude00"', '\\N \\. " / \n \t é \U0001f600'),
        ('"\u2028\ufeff\U0001f600"', "\u2028\ufeff\U0001f600"),
        ("1.10", "1.10"),
        ("-0", "-0"),
        ("1e400", "1e400"),
        ("1E+5", "1E+5"),
        ("9223372036854775807", "9223372036854775807"),
        ("1" * 5000, "1" * 5000),
        ("true", "true"),
        ("false", "false"),
        ("{}", "{}"),
        ('{"b": 1.10, "a" :[ 1e400, null ]}', '{"b": 1.10, "a" :[ 1e400, null ]}'),
        (r'["\u00e9", "\\u0000"]', r'["\u00e9", "\\u0000"]'),
    ],
)
def test_a_value_arrives_as_it_is_written(value: str, cell: str) -> None:
    """A text is unescaped; numbers keep their digits, objects and arrays their bytes."""
    assert outcomes(f' {{ "a" : {value} , "b":1}} \n'.encode()) == [{"a": cell, "b": "1"}]


def test_null_and_absent_keys_are_null_and_an_empty_text_is_not() -> None:
    """COPY sees quotes around every value and nothing at all for NULL."""
    data = b'{"a":null,"b":""}\n{"b":"say \\"hi\\""}\n{}\n'
    (block,) = read_blocks([data], lines_of(data))
    assert block.data == b',""\n,"say ""hi"""\n,\n'


def test_line_ends_are_lf_or_cr_lf_and_the_last_may_lack() -> None:
    """CR LF and LF end lines, a CR elsewhere is a blank of JSON, and behind a last line end comes nothing."""
    assert outcomes(b'{"a":1}\r\n{"a":\r2}\n{"a":3}') == [{"a": "1"}, {"a": "2"}, {"a": "3"}]
    assert outcomes(b'\xef\xbb\xbf{"a":1}\n') == [{"a": "1"}]
    assert outcomes(b"") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "an empty line"),
        (b" \t", "an empty line"),
        (b"[1]", "no JSON object, but '[1]'"),
        (b'"x"', "no JSON object, but '\"x\"'"),
        (b"1,2", "no JSON object, but '1,2'"),
        (b"null", "no JSON object, but 'null'"),
        (b"id,name", BROKEN + "Expecting value at character 1"),
        (b'{"a":1', BROKEN + "a comma or } is expected at character 7"),
        (b'{"a"', BROKEN + "a colon is expected at character 5"),
        (b'{"a":}', BROKEN + "Expecting value at character 6"),
        (b'{"a":1,}', BROKEN + "a key in quotes is expected at character 8"),
        (b"{'a':1}", BROKEN + "a key in quotes is expected at character 2"),
        (b'{"a":01}', BROKEN + "a comma or } is expected at character 7"),
        (b'{"a":1}{"a":2}', BROKEN + "text after the object at character 8"),
        (b'{"a":1},', BROKEN + "text after the object at character 8"),
        (b'{"a":"x\ty"}', BROKEN + "Invalid control character at character 8"),
        (b'{"a":"\0"}', BROKEN + "Invalid control character at character 7"),
        (b'{"a":"x', BROKEN + "Unterminated string starting at character 6"),
        (rb'{"a":"\x"}', BROKEN + "Invalid \\escape at character 7"),
        (rb'{"a":"\u12"}', BROKEN + "Invalid \\uXXXX escape at character 8"),
        (b'{"a":NaN}', BROKEN + "NaN is no JSON"),
        (b'{"a":[-Infinity]}', BROKEN + "-Infinity is no JSON"),
        (b'{"a":"\xe4"}', "bytes that are not utf-8, at byte 7"),
        (b'{"a":"\xed\xa0\x80"}', "bytes that are not utf-8, at byte 7"),
        (b'\xef\xbb\xbf{"a":1}', BROKEN + "Expecting value at character 1"),
        (b'{"a":1,"b":2,"a":3}', "the key 'a' twice"),
        (rb'{"a":1,"\u0061":3}', "the key 'a' twice"),
        (rb'{"a":"\ud83d"}', "half a surrogate pair, in the text at character 6"),
        (rb'{"\udc00":1}', "half a surrogate pair, in the text at character 2"),
        (b'{"a":' + b"[" * 501 + b"]" * 501 + b"}", "JSON nested deeper than 500 levels, at character 505"),
        (b"[" * 5000, "JSON nested deeper than 500 levels"),
    ],
)
def test_a_bad_line_costs_itself_alone(line: bytes, reason: str) -> None:
    """A hostile line between good ones goes with its bytes and its reason; its neighbours arrive."""
    data = b'{"id":1}\n' + line + b'\n{"id":2,"z":"x"}\n'
    first, found, last = outcomes(data)
    assert (first, last) == ({"id": "1"}, {"id": "2", "z": "x"})
    assert isinstance(found, str)
    assert found.startswith(reason)
    blocks = list(read_blocks([data], lines_of(data)))
    assert [record.raw for block in blocks for record in block.bad] == [line]


def test_nesting_up_to_the_limit_is_kept() -> None:
    """Brackets inside texts are not counted."""
    deep = "[" * (MOST_NESTED - 1) + "]" * (MOST_NESTED - 1)
    texts = json.dumps("[\\" * 2 * MOST_NESTED)
    assert outcomes(f'{{"a":{deep},"b":{texts}}}'.encode()) == [{"a": deep, "b": json.loads(texts)}]


@pytest.mark.parametrize(
    ("nul", "expected", "nuls"),
    [
        ("replace", [{"a": "x\ufffdy", "b\ufffd": '["\ufffd", "\\\\u0000"]'}], 2),
        ("strip", [{"a": "xy", "b": '["", "\\\\u0000"]'}], 2),
        ("quarantine", ["a NUL byte"], 0),
    ],
)
def test_escaped_nuls_follow_the_policy(nul: str, expected: list[object], nuls: int) -> None:
    r"""What is written `\u0000` in values, nested ones too, is replaced, stripped or refused, and counted."""
    data = rb'{"a":"x\u0000y","b\u0000":["\u0000", "\\u0000"]}'
    assert outcomes(data, nul=nul) == expected
    assert sum(block.nuls for block in read_blocks([data], lines_of(data, nul=nul))) == nuls


@pytest.mark.parametrize(
    "data",
    [
        b'[{"a":1},{"a":2}]',
        b'[\n{"a":1},\n{"a":2}\n]\n',
        b'[{"a":1},\n{"a":2}]\n',
        b'\n{\n  "a": {"b": 1},\n  "c": [\n    {"d": 1}\n  ]\n}\n',
        b'[ {\n"a": 1\n} ]',
    ],
)
def test_one_document_is_no_json_lines(data: bytes) -> None:
    """An array or an object over several lines is refused with the remedy, for its parts are no records."""
    with pytest.raises(LakeError, match=r"one JSON document and no JSON lines.*jq -c"):
        keys_of([data], "none", "utf-8", "replace")


@pytest.mark.parametrize(
    "data", [b'[1,"x"]\n[2,"y"]\n', b'{"a":\n{"a":1}\n}', b'[\n{"a":1}\n', b'{"a":1}\n]\n', b"[1\n"]
)
def test_broken_lines_are_not_taken_for_a_document(data: bytes) -> None:
    """Where only one end looks like a document's, the lines are records, good and bad."""
    assert len(outcomes(data)) == len(data.splitlines())


def test_more_keys_than_columns_are_refused() -> None:
    """Keys that are data would make a column each: the file fails with the remedy, and memory stays flat."""
    data = b"".join(b'{"%d":1}\n' % number for number in range(MOST_KEYS + 1))
    with pytest.raises(LakeError, match="more than 1600 different keys"):
        keys_of([data], "none", "utf-8", "replace")


def test_a_declared_encoding_is_read() -> None:
    """Lines in another encoding are read by it, and a byte that it does not know costs its line."""
    data = '{"a":"é"}\n'.encode("cp1252") + b'{"a":"\x81"}\n'
    assert outcomes(data, encoding="cp1252") == [{"a": "é"}, "bytes that are not cp1252, at byte 7"]


def test_a_line_without_end_is_given_up() -> None:
    """The limit of a record holds for lines too."""
    data = b'{"a":"' + b"x" * 5000
    with pytest.raises(LakeError, match="No line end within 1000 bytes"):
        list(read_rows([data], lines_of(b'{"a":1}'), Limits(max_record=1000, window=64)))


def test_a_key_that_was_not_there_before_is_an_error() -> None:
    """A file whose keys are not those that were found in it is not loaded in part."""
    with pytest.raises(LakeError, match="The key 'b' was not there before"):
        list(read_blocks([b'{"b":1}\n'], lines_of(b'{"a":1}')))


@settings(deadline=None, max_examples=examples(200))
@example(b'"\n"\n', [1000], 1000)
@given(
    st.lists(
        st.sampled_from(
            [
                b'{"a":1}',
                b"{",
                b"}",
                b'"',
                b":",
                b"\n",
                b"\n",
                b"\r",
                b"\\",
                b"\0",
                b"\xff",
                b" ",
                b"[",
                b"{}",
            ]
        ),
        max_size=30,
    ).map(b"".join),
    chunk_sizes,
    st.sampled_from([1, 16, 1000]),
)
def test_any_bytes_are_lines(data: bytes, sizes: list[int], window: int) -> None:
    """Loader and recount come to the number of lines for any bytes, and each bad line keeps its own."""
    *ended, rest = data.split(b"\n")
    lines = [line.removesuffix(b"\r") for line in ended] + [rest] * bool(rest)
    try:
        dialect = lines_of(data)
    except LakeError:
        return  # one document
    found = list(read_blocks(in_chunks(data, sizes), dialect, Limits(window=window)))

    assert sum(block.records for block in found) == len(lines) == recount(in_chunks(data, sizes), dialect)
    bad = [record for block in found for record in block.bad]
    assert [record.raw for record in bad] == [lines[record.number - 1] for record in bad]
    assert b"".join(block.data for block in found).count(b"\n") == len(lines)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=examples(150))
@given(st.lists(st.dictionaries(texts, values, max_size=4), max_size=6), chunk_sizes, st.booleans())
def test_any_objects_arrive(objects: list[dict[str, object]], sizes: list[int], packed: bool) -> None:
    """Every value of any objects comes back from COPY's text, however chunks are cut, packed or not."""
    data = "\n".join(json.dumps(one, ensure_ascii=packed) for one in objects).encode()
    packing = {"compression": "gzip"} if packed else {}
    data = gzip.compress(data) if packed else data
    dialect = lines_of(data, **packing)
    blocks = list(read_blocks(in_chunks(data, sizes), dialect))

    assert recount(in_chunks(data, sizes), dialect) == len(objects)
    rows = written(blocks) if dialect.keys else []
    for row, expected in zip(rows, objects, strict=bool(dialect.keys)):
        for key, cell in zip(dialect.keys, row or [""], strict=True):
            value = expected.get(key)
            if isinstance(value, str) or value is None:
                assert cell == (value or "")
            else:
                assert json.loads(cell) == value


def test_a_long_text_that_is_never_closed_is_looked_at_once() -> None:
    """A line cut inside a text of a million quotes and brackets is told broken at once."""
    line = b'{"a":"' + 2**20 * b'\\"['

    assert "Unterminated string" in str(outcomes(line)[0])
