"""Proves `readers.csv_scanner`: well-formed windows are read in bulk, so that hostile ones alone are slow.

What it reads is proved together with `readers.csv_walker` in `test_records`.
"""

import pytest

from lake_assets.readers.csv_scanner import scan_window

COMMA = ord(",")


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize(
    "window",
    [
        b"",
        b"a,b\n",
        b'"a",b\n',
        b'a,"b"\n',
        b'a,"b"\r\n"c"\r\n',
        b'"a\n""b""",""\n',
        b'a,"\r"\r\n',
        b"a\rb\n",
    ],
)
def test_whole_records_are_read_in_bulk(window: bytes, final: bool) -> None:
    """Quotes in their places need no second look, at the beginning and at the end of a window too."""
    slab = scan_window(window, COMMA, quoted=True, final=final)
    assert slab is not None
    assert slab.data == window


@pytest.mark.parametrize(
    "unfinished", [b"a", b"a,", b'"', b'"a', b'"a"', b'"a"\r', b'"a""', b'"a\n"",', b"a\r"]
)
def test_an_unfinished_record_is_left_for_the_next_window(unfinished: bytes) -> None:
    """What may yet become a good record does not spoil the window it begins in."""
    slab = scan_window(b"x,y\n" + unfinished, COMMA, quoted=True, final=False)
    assert slab is not None
    assert slab.data == b"x,y\n"
    alone = scan_window(unfinished, COMMA, quoted=True, final=False)
    assert alone is not None
    assert alone.data == b""


def test_the_last_record_of_a_file_may_lack_its_line_end() -> None:
    """At the end of the data what stands behind the last line end is a record as well."""
    slab = scan_window(b"x,y\na", COMMA, quoted=True, final=True)
    assert slab is not None
    assert (slab.data, slab.widths.tolist()) == (b"x,y\na", [2, 1])


@pytest.mark.parametrize("window", [b'a"\n', b'"a"b\n', b'"a" ,b\n', b'a\r"b"\n', b'"a"\rb\n', b'x\n a,"b"c'])
@pytest.mark.parametrize("final", [True, False])
def test_a_quote_out_of_place_is_noticed(window: bytes, final: bool) -> None:
    """One quote without the right neighbours, and nothing of the window is taken."""
    assert scan_window(window, COMMA, quoted=True, final=final) is None


@pytest.mark.parametrize("window", [b'"a', b'a,"b\n', b'"a"\r', b'"\n'])
def test_a_quote_that_stays_open_at_the_end_is_noticed(window: bytes) -> None:
    """At the end of the data nothing can close a cell any more."""
    assert scan_window(window, COMMA, quoted=True, final=True) is None
