"""Proves `json_mend`: what is beyond doubt is mended, nothing else is, and cut text is told apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.load.staging.json_mend import mend, why_cut

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "mended", "count"),
    [
        ('{ "a" : nan }', '{ "a" : {"$numberDouble": "NaN"} }', 1),
        (
            '{"a":-nan,"b":[-inf]}',
            '{"a":{"$numberDouble": "NaN"},"b":[{"$numberDouble": "-Infinity"}]}',
            2,
        ),
        (
            "[NaN, Infinity, -Infinity]",
            '[{"$numberDouble": "NaN"}, {"$numberDouble": "Infinity"}, {"$numberDouble": "-Infinity"}]',
            3,
        ),
        ('{"nan": "inf", "$inf": 1}', '{"nan": "inf", "$inf": 1}', 0),
        ('["nan \\" inf", nano, infx, 1nan]', '["nan \\" inf", nano, infx, 1nan]', 0),
    ],
)
def test_bare_numbers_that_are_not_finite_become_extended_json(text: str, mended: str, count: int) -> None:
    """Only whole words outside of texts are put into $numberDouble."""
    result = mend(text, "replace")

    assert (result.text, result.not_finite) == (mended, count)


@pytest.mark.parametrize(
    ("policy", "expected", "nuls"),
    [
        ("replace", r'["a\ufffd\\u0000\\\ufffd"]', 2),
        ("strip", r'["a\\u0000\\"]', 2),
        ("quarantine", r'["a\u0000\\u0000\\\u0000"]', 0),
    ],
)
def test_escaped_nuls_follow_the_policy(policy: str, expected: str, nuls: int) -> None:
    """A NUL is one only where its backslash is not itself escaped; with `quarantine` it stays."""
    result = mend(r'["a\u0000\\u0000\\\u0000"]', policy)

    assert (result.text, result.nuls) == (expected, nuls)


@given(DOCUMENTS)
def test_a_mended_document_is_the_same_but_for_what_was_mended(document: object) -> None:
    """Whatever Python's json writes, the mended text holds the same keys, texts and finite numbers."""
    text = json.dumps(document)

    def mended(value: object) -> object:
        if isinstance(value, dict):
            return {key.replace("\0", "\ufffd"): mended(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [mended(inner) for inner in value]
        if isinstance(value, float) and json.dumps(value) in {"NaN", "Infinity", "-Infinity"}:
            return {"$numberDouble": json.dumps(value)}
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value

    assert json.loads(mend(text, "replace").text) == mended(document)


@given(DOCUMENTS.filter(lambda document: isinstance(document, dict | list)), st.data())
def test_a_document_that_was_cut_is_told_apart(document: object, data: st.DataObject) -> None:
    """Every beginning of an object or array is cut, the whole of it is not."""
    text = json.dumps(document)
    size = data.draw(st.integers(1, len(text) - 1))

    assert why_cut(text) is None
    assert why_cut(text[:size]) is not None


def test_a_cut_at_whole_kibibytes_says_so() -> None:
    """DMS's LobMaxSize is counted in KiB; a document of just that length has been cut there."""
    cut = ('{"a": "' + 40_000 * "é")[:32_768]
    cut = cut.encode()[:32_768].decode(errors="ignore")

    reason = why_cut(cut + "x" * (32_768 - len(cut.encode()))) or ""

    assert "32768 bytes (32 KiB exactly), inside a text" in reason
    assert "LobMaxSize" in reason


@pytest.mark.parametrize("text", ['{"a": [}', "]", '{"a": 1} x', "nonsense", "5"])
def test_other_broken_json_is_not_called_cut(text: str) -> None:
    """Brackets that do not match, or text behind the end, have other causes."""
    assert why_cut(text) is None


def test_a_long_text_full_of_quotes_is_looked_at_once() -> None:
    """Where a document was cut is told at once, though each of a million quotes might begin a text."""
    cut = '{"nan": "' + 2**20 * '\\"x'

    assert "inside a text" in (why_cut(cut) or "")
    assert mend(cut, "replace").text == cut
