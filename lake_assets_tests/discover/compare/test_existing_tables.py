"""Proves that `discover` tells how the lake has changed under a catalog that is there, and writes nothing."""

import pytest

from lake_assets.discover.report import SourceReport
from lake_assets_tests.discover.conftest import CHANGES, LATER, Unknown


def drifted(unknown: Unknown, before: str, after: str) -> SourceReport:
    """Describe a lake, put a newer file into it, and hold the catalog against it."""
    unknown.put(before, f"shop/orders/{CHANGES}")
    unknown.discover()
    text = unknown.text()
    unknown.put(after, f"shop/orders/{LATER}")
    (report,) = unknown.discover()
    assert unknown.text() == text
    assert report.needs_attention
    return report


def lines(report: SourceReport) -> list[str]:
    """Give what the diff takes away and adds, without comments."""
    changed = [line.partition("#")[0].rstrip() for line in report.drift.splitlines()]
    return [line for line in changed if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]


def test_a_renamed_column_is_told_by_both_names(unknown: Unknown) -> None:
    """The newest file has a column less and another more: both are named, and the new one is in the diff."""
    report = drifted(unknown, "id,note\n1,a\n", "id,remark\n2,b\n")

    assert lines(report) == ["+      remark: text"]
    (said,) = report.changed
    assert said.startswith("shop.orders: the newest file has no column note; ")
    assert said.endswith(
        f"{CHANGES} is the last that has it; remark came instead, so it may have been renamed"
    )


def test_a_missing_column_is_told(unknown: Unknown) -> None:
    """A column that the newest file has no more is named with the last file that has it."""
    report = drifted(unknown, "id,n,note\n1,2,a\n", "id,note\n2,b\n")

    assert report.changed == [
        f"shop.orders: the newest file has no column n; {CHANGES} is the last that has it"
    ]


@pytest.mark.parametrize("flow", [False, True])
def test_a_column_that_no_file_has_is_taken_away_in_the_diff(unknown: Unknown, flow: bool) -> None:
    """The diff has no line for a column that is in the catalog alone, in whichever style it is written."""
    unknown.put("id,note\n1,a\n", f"shop/orders/{CHANGES}")
    unknown.discover()
    text = unknown.text()
    start = text.index("    columns:\n")
    block = "    columns:\n      id: bigint\n      old: date\n      note: text\n"
    columns = "    columns: {id: bigint, old: date, note: text}\n" if flow else block
    (unknown.folder / "shop.yaml").write_text(text[:start] + columns)
    (report,) = unknown.discover()

    assert lines(report) == (
        ["-    columns: {id: bigint, old: date, note: text}", "+    columns: {id: bigint, note: text}"]
        if flow
        else ["-      old: date"]
    )


def test_another_delimiter_is_shown_as_an_option_of_the_table(unknown: Unknown) -> None:
    """Newer files that are cut by another delimiter are told with the `files` that would read them."""
    unknown.put("1,a\n2,b\n", f"shop/returns/{CHANGES}")
    report = drifted(unknown, "1,a\n2,b\n", "3;c\n4;d\n5;e\n6;f\n7;g\n")

    assert lines(report) == ['+    files: {delimiter: ";"}']
    assert report.notes == ["shop.orders: delimiter is ',' in the catalog: semicolons cut its records evenly"]


def test_a_table_whose_folder_is_gone_is_told(unknown: Unknown) -> None:
    """A table of the catalog without any file in the lake needs a look."""
    unknown.put("1,a\n", f"shop/returns/{CHANGES}")
    unknown.put("1,a\n", f"shop/orders/{CHANGES}")
    unknown.discover()
    unknown.bucket.delete(f"shop/orders/{CHANGES}")
    (report,) = unknown.discover()

    assert report.changed == ["shop.orders: its folder 'orders' holds no file of data"]
    assert report.needs_attention


def test_a_source_whose_folder_is_gone_is_told(unknown: Unknown) -> None:
    """A source of the catalog that the lake has no folder for needs a look."""
    unknown.put("1,a\n", f"erp/returns/{CHANGES}")
    unknown.discover()
    erp = unknown.text("erp")
    (unknown.folder / "shop.yaml").write_text(erp.replace("source: erp", "source: shop"))
    reports = {report.source: report for report in unknown.discover()}

    assert "the lake has no folder 'shop'" in reports["shop"].changed[0]
    assert not reports["erp"].needs_attention


def test_a_file_that_cannot_be_read_is_told(unknown: Unknown) -> None:
    """A damaged file of a table that the catalog has is left out, and needs attention."""
    unknown.put("id,note\n1,a\n", f"shop/orders/{CHANGES}")
    unknown.discover()
    unknown.put(b"\x1f\x8bno gzip", f"shop/orders/{LATER}")

    (report,) = unknown.discover()

    assert report.needs_attention
    (said,) = report.left_out
    assert LATER in said


def test_files_without_a_good_record_need_attention(unknown: Unknown) -> None:
    """Bad records among good ones are noted; where all are bad a person has to look."""
    unknown.put("id,note\n1,a\n", f"shop/orders/{CHANGES}")
    unknown.discover()
    unknown.put('1,"a\n2,"b\n', f"shop/orders/{CHANGES}")

    (report,) = unknown.discover()

    assert any("2 of 2 records are bad" in said for said in report.changed)


def test_a_word_for_null_in_a_typed_column_is_drift(unknown: Unknown) -> None:
    """A word that the catalog does not take for NULL would cost its record in a column of numbers."""
    report = drifted(unknown, "id,size\n1,2\n", "id,size\n2,NULL\n")

    assert lines(report) == ["-      size: bigint", "+      size: text"]


def test_columns_that_the_catalog_ignores_are_no_drift(unknown: Unknown) -> None:
    """Where new columns are to be left out, a new one needs nobody's attention."""
    unknown.put("id,note\n1,a\n", f"shop/orders/{CHANGES}")
    unknown.discover()
    text = unknown.text().replace("    columns:\n", "    new_columns: ignore\n    columns:\n", 1)
    (unknown.folder / "shop.yaml").write_text(text)
    unknown.put("id,note,extra\n2,b,c\n", f"shop/orders/{LATER}")

    (report,) = unknown.discover()

    assert (report.drift, report.needs_attention) == ("", False)
