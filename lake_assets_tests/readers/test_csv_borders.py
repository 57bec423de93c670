"""Proves `readers.csv_borders`: the one place that tells where cells end."""

from lake_assets.readers.csv_borders import cell_sizes, find_borders, find_marks

TEXT = b'a,"b,\n""c"\n,\n'


def test_borders_are_a_row_for_each_record() -> None:
    """Each cell has the offset of the delimiter or LF behind it; those inside quotes are none."""
    assert find_borders(TEXT, ord(","), records=2).tolist() == [[1, 10], [11, 12]]


def test_sizes_count_quotes_and_what_ends_the_cell() -> None:
    """All sizes together are the bytes of the text."""
    sizes = cell_sizes(find_borders(TEXT, ord(","), records=2))

    assert sizes.tolist() == [[2, 9], [1, 1]]
    assert sizes.sum() == len(TEXT)


def test_without_quoting_a_quote_protects_nothing() -> None:
    """Every delimiter and every LF counts, and no quote is told."""
    marks, quotes = find_marks(b'"a,\n"\n', ord(","), quoted=False)

    assert (marks.tolist(), quotes.tolist()) == ([2, 3, 5], [])
