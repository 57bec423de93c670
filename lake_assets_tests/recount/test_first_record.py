"""Proves `recount.first_record`: it says of any first record what the loader says, by code of its own."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake_assets.exceptions import LakeError
from lake_assets.ledger.headed_files import HeadedFile
from lake_assets.readers.detect import decide_csv
from lake_assets.recount.first_record import HeaderTerms
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_bench import make_table

COLUMNS = {"id": "bigint", "name": "text", "at": "timestamptz", "price": "NUMERIC(9,2)", "tags": "int[]"}
CELLS = (
    *("id", "ID", "name", "at", "price", "tags", "Op", "op", "town", "I", "D", "", "2018", "1", "-.5", "1e3"),
    *(
        "2018-09-06",
        "2018-09-06T10:00:00Z",
        "paid",
        "x7",
        '"id"',
        '"a""b"',
        '"a',
        'b"',
        "a\rb",
        "²",
        "٣",
        "NULL",
    ),
)
records = st.lists(st.sampled_from(CELLS), min_size=1, max_size=7)
headers = st.sampled_from((None, tuple(COLUMNS), ("name", "id")))


@settings(deadline=None, max_examples=examples(200))
@given(cells=records, columns=headers, count=st.integers(1, 5), quoting=st.sampled_from(("rfc4180", "none")))
@example(cells=["I", "x"], columns=("id",), count=1, quoting="rfc4180")
def test_loader_and_recount_judge_alike(
    cells: list[str], columns: Sequence[str] | None, count: int, quoting: str
) -> None:
    """Header, record or neither: the loader's judgement and the recount's are the same for any cells."""
    table = make_table(dict(list(COLUMNS.items())[:count]), files={"quoting": quoting, "null": "NULL"})
    line = f"{','.join(cells)}\n".encode()
    dialect = decide_csv(line, table, "cdc")
    terms = HeaderTerms.of_table(table, columns)
    assert terms is not None

    headed = HeadedFile(key="x", columns=tuple(columns)) if columns is not None else None
    is_refused = headed is not None and not dialect.header
    is_refused = is_refused and (dialect.is_doubtful or not (headed and headed.has_order_of(table)))
    if is_refused:
        with pytest.raises(LakeError, match="neither as a header nor as a record"):
            terms.is_header(line, dialect)
    else:
        assert terms.is_header(line, dialect) is dialect.header
