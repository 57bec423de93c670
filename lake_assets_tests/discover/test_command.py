"""Proves `lake-assets discover`: exit status, JSON, and what it says."""

import json

from lake_assets_tests.discover.conftest import FULL
from lake_assets_tests.fix_cli import Company


def test_what_it_writes_can_be_loaded_at_once(company: Company) -> None:
    """A lake that is described by no one is described and loaded by two commands."""
    company.put(0, "id,note\n1,first\n", "erp/invoices")
    company.put(1, "id,note\n2,second\n", "erp/invoices")
    company.put(0)

    assert company.invoke("discover", "erp").exit_code == 0
    assert company.invoke("load", "erp").exit_code == 0
    assert company.query("SELECT id, note FROM erp.invoices ORDER BY id") == [(1, "first"), (2, "second")]


def test_what_was_left_out_needs_attention(company: Company) -> None:
    """Status 1, and each file that is not in the catalog told on a line with the reason."""
    company.put(0)
    company.bucket.put("shop/orders/data.parquet", b"PAR1")
    result = company.invoke("discover")

    assert result.exit_code == 1
    assert "left out " in result.stderr
    assert "data.parquet' is none of the names that DMS gives" in " ".join(result.stderr.split())


def test_json_lists_files_and_tables(company: Company) -> None:
    """The JSON names each source with the file that was written and its tables."""
    company.put(0, "1,a\n", "erp/invoices")
    (row,) = json.loads(company.invoke("discover", "erp", "--json").stdout)["sources"]

    assert (row["source"], row["tables"], row["drift"]) == ("erp", ["erp.invoices"], "")
    assert row["path"] == str(company.folder / "catalog" / "erp.yaml")


def test_drift_is_shown_as_a_diff(company: Company) -> None:
    """A type that no longer holds ends with status 1 and a diff on standard error; the file stays."""
    before = (company.folder / "catalog" / "shop.yaml").read_text()
    company.put(0, "A7,first\n")
    result = company.invoke("discover")

    assert result.exit_code == 1
    assert "+  orders: {expect: sparse, columns: {id: text, note: text}}" in result.stderr
    assert (company.folder / "catalog" / "shop.yaml").read_text() == before


def test_another_folder_can_be_written_to(company: Company) -> None:
    """With --out the files are written there, and the catalog is neither read nor changed."""
    company.put(0)
    result = company.invoke("discover", "--out", str(company.folder / "drafts"))

    assert result.exit_code == 0
    assert (company.folder / "drafts" / "shop.yaml").exists()


def test_an_unknown_source_is_a_wrong_command(company: Company) -> None:
    """Status 2, and the folders that there are."""
    company.bucket.put(f"erp/invoices/{FULL}", b"1,a\n")
    result = company.invoke("discover", "nope")

    assert result.exit_code == 2
    assert "It has erp." in result.stderr
