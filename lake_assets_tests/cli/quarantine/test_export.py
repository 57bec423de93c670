"""Proves `lake-assets quarantine export` and `purge`: records as they came, and for how long."""

import csv
import json
from pathlib import Path

import pytest

from lake_assets.cli.quarantine.export import Export, SourceFile
from lake_assets_tests.fix_cli import ROWS, START, Company, in_json, shown


@pytest.fixture
def bad(company: Company) -> Company:
    """Return a company with two bad records in a file with a header, and one in a file without."""
    company.bucket.put(company.put(0), b'\xef\xbb\xbfid,note\r\n1,a\r\nx,"two\r\nlines"\r\n\xff,b\r\n')
    company.put(1, ROWS + "=y,last")
    company.invoke("load")
    return company


def test_records_are_exported_as_they_came(bad: Company, tmp_path: Path) -> None:
    """Each file has its mark, its header and the very bytes of its bad records; the index says why."""
    out = tmp_path / "to_mend"

    result = bad.invoke("quarantine", "export", "--out", str(out))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"3 records of 2 files in {out}; index.csv says why.\n"
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.csv")}
    with (out / "index.csv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index))
    first, last = rows[0]["file"], rows[-1]["file"]
    assert files[first] == b'\xef\xbb\xbfid,note\nx,"two\r\nlines"\n\xff,b\n'
    assert files[last] == b"=y,last\n"
    assert first.startswith(f"shop.orders/{shown(0)}/")
    assert [(row["record"], row["column"], row["value"]) for row in rows] == [
        ("2", "id", "x"),
        ("3", "", ""),
        ("4", "id", "'=y"),
    ]
    assert rows[1]["reason"] == "bytes that are not utf-8"


def test_what_was_purged_cannot_be_exported(bad: Company, tmp_path: Path) -> None:
    """Purged records are listed and indexed, without bytes; the export says so with status 1."""
    words = ("quarantine", "export", "--from", shown(1), "--out", str(tmp_path / "before"), "--json")
    (file,) = json.loads(bad.invoke(*words).stdout)["files"]
    assert (file["table"], file["hour"], file["records"]) == ("shop.orders", in_json(1), 1)
    assert bad.invoke("quarantine", "purge", "--older-than", "1d").stderr.startswith("The bytes of 0 records")
    assert json.loads(bad.invoke("quarantine", "purge", "--older-than", "0d", "--json").stdout) == {
        "purged": 3
    }

    result = bad.invoke("quarantine", "export", "--out", str(tmp_path / "out"), "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (1, {"files": []})
    assert result.stderr == "3 records could not be written: the bytes were purged.\n"
    assert len((tmp_path / "out" / "index.csv").read_text(encoding="utf-8").splitlines()) == 4
    listed = bad.invoke("quarantine", "list").stdout
    assert "    (its bytes were purged): bytes that are not utf-8" in listed


def test_an_export_never_mixes_with_another(company: Company, tmp_path: Path) -> None:
    """A folder with anything in it is refused, and left as it is."""
    (tmp_path / "mine").write_text("mine")

    result = company.invoke("quarantine", "export", "--out", str(tmp_path))

    assert result.exit_code == 2
    assert "not empty. Give --out a new folder." in result.stderr
    assert not (tmp_path / "index.csv").exists()


def test_nothing_to_export_is_said(company: Company, tmp_path: Path) -> None:
    """An empty quarantine is no error."""
    result = company.invoke("quarantine", "export", "--out", str(tmp_path / "out"))

    assert (result.exit_code, result.stderr) == (0, "Quarantine is empty.\n")


def test_no_key_leads_out_of_the_folder(tmp_path: Path) -> None:
    """Whatever a key is called, its file lies in the folder of its hour, under a name of its own."""
    export = Export(tmp_path)
    keys = ["a/x.csv.gz", "b/x.csv", "..", "a/", "a/C:\\x\0y.csv", "a/" + "ñ" * 300, "a/.hidden"]

    paths = []
    for key in keys:
        source_file = SourceFile(table="shop.orders", hour=START, key=key, etag=None)
        paths.append(export.free_path(source_file))
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        paths[-1].touch()

    folder = tmp_path / "shop.orders" / shown(0)
    names = ["x.csv", "2-x.csv", "file", "2-file", "C__x_y.csv", "_" * 150, "hidden"]
    assert paths == [folder / name for name in names]
