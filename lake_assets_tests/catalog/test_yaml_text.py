"""YAML text as plain data: what is text and what is not, and the line of everything."""

import pytest

from lake_assets.catalog.yaml_text import read_yaml


@pytest.mark.parametrize("word", ["null", "no", "on", "y", "true", "12:30", "1", "~", "0x1F", "2018-09-06"])
def test_a_key_is_always_text(word: str) -> None:
    """A key is the text that was written, whatever YAML 1.1 takes it for."""
    assert read_yaml(f"{word}: text".encode()).data == {word: "text"}


@pytest.mark.parametrize(
    "word", ["no", "on", "y", "Yes", "12:30", "2018-09-06T10", "2018-09-06", "0x1F", "1_000", ".inf", "="]
)
def test_values_that_only_yaml_1_1_resolves_are_text(word: str) -> None:
    """Booleans, sexagesimals, times and hexadecimals of YAML 1.1 stay the text that was written."""
    assert read_yaml(f"key: {word}".encode()).data == {"key": word}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("7", 7),
        ("-3", -3),
        ("0.01", 0.01),
        ("1.0", 1.0),
        ("~", None),
        ("", None),
    ],
)
def test_values_of_yaml_1_2_are_resolved(written: str, value: object) -> None:
    """Unquoted booleans, numbers and nulls are what they look like, with their own type."""
    data = read_yaml(f"key: {written}".encode()).data

    assert data == {"key": value}
    assert type(data["key"]) is type(value)


def test_quoted_values_are_text() -> None:
    """Whatever stands in quotes is text."""
    text = read_yaml(b"""{a: "true", b: '7', c: "", d: 'null'}""")

    assert text.data == {"a": "true", "b": "7", "c": "", "d": "null"}


def test_every_key_and_item_has_its_line() -> None:
    """Lines are counted from 1, in blocks as in flows."""
    text = read_yaml(b"a:\n  b: 1\n  c: [x,\n      y]\n")

    assert text.lines == {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 3, ("a", "c", 1): 4}


def test_a_place_without_a_line_has_that_of_what_is_around_it() -> None:
    """A fault of something that is not written stands where it should have been."""
    assert read_yaml(b"\na:\n  b: 1\n").line_of(("a", "b", "type")) == 3


def test_a_key_that_stands_twice_is_a_fault_on_its_second_line() -> None:
    """A second key of one name is refused, and the first one counts."""
    text = read_yaml(b"a: 1\nb: 2\na: 3\n")

    assert [(fault.place, fault.line) for fault in text.faults] == [(("a",), 3)]
    assert "line 1 already" in text.faults[0].message
    assert text.data == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a: 1\nb: [1\nc: 2\n", 3),
        (b"a: b: c\n", 1),
        (b"a: 1\n\tb: 2\n", 2),
        (b"a: 1\n---\nb: 2\n", 2),
        (b"a: *nowhere\n", 1),
        (b"a: 1\nb: 'x\n", 3),
        (b"a: 1\nb: \xff\n", 2),
        (b"a: 1\nb: \x01\n", 2),
        ("a: 1\nb: 'x\x85y'\n".encode(), 2),
        ("a: 1\nb: 'x\u2028y'\n".encode(), 2),
        (b"", 1),
    ],
)
def test_what_is_not_yaml_is_one_fault_with_its_line(content: bytes, line: int) -> None:
    """Syntax, encoding, characters and an empty file are told like any other fault, never as a traceback."""
    text = read_yaml(content)

    assert text.data is None
    assert [fault.line for fault in text.faults] == [line]


def test_anchors_and_aliases_repeat_a_value() -> None:
    """An alias stands for what its anchor marks."""
    assert read_yaml(b"a: &types {id: text}\nb: *types\n").data == {"a": {"id": "text"}, "b": {"id": "text"}}


def test_an_alias_inside_what_it_repeats_is_a_fault() -> None:
    """A document without an end is refused."""
    assert [fault.line for fault in read_yaml(b"a:\n- &x\n  - *x\n").faults] == [2]


@pytest.mark.parametrize("content", [b"a: !!python/name:os.system x", b"? [a]\n: b", b'a: "\\ud800"'])
def test_tags_keys_that_are_no_text_and_half_characters_are_faults(content: bytes) -> None:
    """What no catalog needs is refused rather than guessed at."""
    assert len(read_yaml(content).faults) == 1


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """Files saved by editors of Windows are read like others."""
    assert read_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").data == {"a": 1, "b": 2}


def test_aliases_of_aliases_are_bounded() -> None:
    """Ten lines that stand for a billion values are refused in good time, at what is repeated."""
    levels = [f"l{number}: &l{number} [{', '.join([f'*l{number - 1}'] * 10)}]" for number in range(1, 10)]
    text = read_yaml("\n".join(["l0: &l0 x", *levels]).encode())

    assert text.data is None
    assert [fault.message for fault in text.faults] == [
        "aliases repeat more than 500,000 values, this one among them."
    ]


def test_values_nested_too_deep_are_a_fault() -> None:
    """A document that no parser of this program can follow to its end is told like any other fault."""
    aliases = [f"l{number}: &l{number} [*l{number - 1}]" for number in range(1, 3000)]
    for text in ("a: " + "[" * 1000, "\n".join(["l0: &l0 x", *aliases])):
        assert "nested too deep" in read_yaml(text.encode()).faults[0].message
