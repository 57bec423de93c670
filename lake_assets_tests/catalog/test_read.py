"""A folder of YAML files becomes a catalog, or one error with every fault, its file, line and remedy."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lake_assets.catalog.models import FileOptions, Table
from lake_assets.catalog.read import read_catalog
from lake_assets.catalog.values import LONGEST_NAME, OUR_COLUMNS, SYSTEM_COLUMNS
from lake_assets.exceptions import CatalogError, CatalogFault, ConfigurationError

EXAMPLE = """
source: shop
start: 2018-09-06T00
schema: warehouse_shop
grace: 1h
owner: team:shop
files:
  layout: auto
  header: auto
  delimiter: ","
  quoting: rfc4180
  null: "NULL"
  encoding: utf-8
  compression: auto
  timezone: UTC
  nul: replace
tables:
  orders:
    load: append
    expect: hourly
    columns:
      id: bigint
      amount: numeric(12,2)
      weird_name: {type: text, from: "weird name"}
      no: text
      null: text
      note: {type: text, position: 7}
  devices:
    from: Devices (old)
    load: merge
    key: [id]
    order_by: [seen_at]
    columns:
      id: {type: text, from: oid__id}
      seen_at: {type: timestamptz, path: _doc.seen.at}
      odd: {type: text, path: [_doc, "a.b"]}
      _doc: jsonb
    children:
      parts: {path: _doc.parts, columns: {sku: text, maker: {type: text, path: maker.name}}}
    max_quarantined: 0.01
    new_columns: ignore
    transform: my_module:clean
    owner: ann@example.com
    description: What was sold.
    group: things
"""


def read(folder: Path, **texts: str) -> tuple[Table, ...]:
    """Write these files and give the tables read from them."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(dedent(text), encoding="utf-8")
    return read_catalog(folder).tables


def faults(folder: Path, **texts: str) -> tuple[CatalogFault, ...]:
    """Write these files, which cannot be read, and give what is said of them."""
    with pytest.raises(CatalogError) as caught:
        read(folder, **texts)
    return caught.value.faults


def test_a_source_has_what_its_file_says(tmp_path: Path) -> None:
    """The keys at the top of a file become those of its source."""
    read(tmp_path, shop=EXAMPLE)

    (shop,) = read_catalog(tmp_path).sources

    assert (shop.name, shop.folder, shop.schema_name, shop.owner) == (
        "shop",
        "shop",
        "warehouse_shop",
        "team:shop",
    )
    assert (shop.start, shop.grace) == (datetime(2018, 9, 6, tzinfo=UTC), timedelta(hours=1))
    assert shop.files == FileOptions(null="NULL")
    assert shop.path == tmp_path / "shop.yaml"


def test_a_table_has_the_defaults_and_what_it_inherits(tmp_path: Path) -> None:
    """A table of columns alone is appended to and due every hour; the rest is its source's."""
    orders = read(tmp_path, shop=EXAMPLE)[0]

    assert (orders.load, orders.expect, orders.new_columns) == ("append", "hourly", "add")
    assert (orders.folder, orders.schema_name, orders.owner) == ("orders", "warehouse_shop", "team:shop")
    assert (orders.max_quarantined, orders.transform, orders.key, orders.children) == (None, None, (), ())
    assert orders.files == FileOptions(null="NULL")
    assert [(column.name, column.source_name, column.position) for column in orders.columns] == [
        ("id", "id", None),
        ("amount", "amount", None),
        ("weird_name", "weird name", None),
        ("no", "no", None),
        ("null", "null", None),
        ("note", "note", 7),
    ]


def test_a_table_has_what_its_file_says(tmp_path: Path) -> None:
    """Every key of a table is understood."""
    devices = read(tmp_path, shop=EXAMPLE)[1]

    assert (devices.folder, devices.load, devices.key, devices.order_by) == (
        "Devices (old)",
        "merge",
        ("id",),
        ("seen_at",),
    )
    assert [column.path for column in devices.columns] == [
        None,
        ("_doc", "seen", "at"),
        ("_doc", "a.b"),
        None,
    ]
    assert devices.file_columns == ("oid__id", "_doc")
    assert [(child.name, child.path) for child in devices.children] == [("parts", ("_doc", "parts"))]
    assert devices.children[0].columns[1].path == ("maker", "name")
    assert (devices.max_quarantined, devices.new_columns) == (0.01, "ignore")
    assert (devices.transform, devices.owner, devices.group) == (
        "my_module:clean",
        "ann@example.com",
        "things",
    )
    assert devices.description == "What was sold."


BREAKS = set("\x85\u2028\u2029")  # PyYAML writes them raw with `allow_unicode`, and reads blanks
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda name: (
        len(name.encode()) <= LONGEST_NAME and not name.startswith(OUR_COLUMNS) and name not in SYSTEM_COLUMNS
    )
)


@given(name=NAMES, source_name=st.text(st.characters(exclude_categories=["Cs"])), unicode=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_column_name_survives(tmp_path: Path, name: str, source_name: str, unicode: bool) -> None:
    """Whatever PostgreSQL can hold as a name, and a file can have as a header, is read as it was written."""
    assume(not unicode or not BREAKS & set(name + source_name))
    column = {"type": "text", "from": source_name}
    document = {"source": "shop", "start": "2018-09-06T00", "tables": {"t": {"columns": {name: column}}}}
    (tmp_path / "shop.yaml").write_bytes(yaml.safe_dump(document, allow_unicode=unicode, encoding="utf-8"))

    (table,) = read_catalog(tmp_path).tables

    assert [(column.name, column.source_name) for column in table.columns] == [(name, source_name)]


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """One error gathers faults of syntax, keys, values and rules, each with the line it stands on."""
    found = faults(
        tmp_path,
        erp="""\
            source: erp
            start: 2018-09-06T00
            files: {header: yes, null: NULL}
            tables:
              orders:
                lod: merge
                columns:
                  id: bigint
                  total: numeric(12,2) not null
                  id: text
            """,
        shop="""\
            source: shop
            start: 2018-09-06T24
            schema: erp
            tables:
              orders:
                load: merge
                key:
                - idd
                columns: {id: text}
              empty:
            """,
        web="""\
            source: web
            tables: [orders
            """,
    )

    assert [(Path(fault.file).name, fault.line, fault.where) for fault in found] == [
        ("erp.yaml", 3, "files.header"),
        ("erp.yaml", 3, "files.null"),
        ("erp.yaml", 6, "tables.orders.lod"),
        ("erp.yaml", 9, "tables.orders.columns.total.type"),
        ("erp.yaml", 10, "tables.orders.columns.id"),
        ("shop.yaml", 2, "start"),
        ("shop.yaml", 5, "tables.orders"),
        ("shop.yaml", 8, "tables.orders.key[0]"),
        ("shop.yaml", 10, "tables.empty"),
        ("web.yaml", 3, "the file"),
    ]
    assert all(fault.message and fault.remedy for fault in found)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    lod: merge", "Did you mean load?"),
        ("    load: mrge", "Did you mean merge?"),
        ("    expect: 5", "hourly, daily, sparse"),
        ("    key: id", "[id]"),
        ("    group: 2018", "in quotes"),
        ("    owner: [ann]", "single text"),
        ("    description:", None),
        ("    max_quarantined: yes", "0.01"),
        ("    children: [a]", "key: value"),
        ("    children: {c: {path: d}}", "Add `columns:`"),
        ("    children: {c: {path: d, columns: {x: {type: text, position: 1}}}}", "type, from, path"),
        ("      b: {type: text, position: 0}", "such as 7"),
        ("      b: {type: text, position: true}", "such as 7"),
        ("      b:", "b: text"),
        ("      b: 5", "in quotes"),
        ("      b: {from: c}", "Add `type:`"),
    ],
)
def test_a_fault_says_what_to_write_instead(tmp_path: Path, line: str, words: str | None) -> None:
    """Each remedy names the word, the form or the key that is wanted; an empty description is none."""
    text = f"source: s\nstart: 2018-09-06\ntables:\n  t:\n    columns:\n      a: text\n{line}\n"

    if words is None:
        assert read(tmp_path, s=text)[0].description is None
        return
    (fault,) = faults(tmp_path, s=text)

    assert fault.line == 7
    assert words in fault.remedy


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "---\n", "null\n", "just text\n", "- a\n- b\n", "a: [1\n"]
)
def test_a_file_that_describes_no_source_is_one_fault(tmp_path: Path, text: str) -> None:
    """A file is never passed over, whatever it holds."""
    assert len(faults(tmp_path, s=text)) == 1


def test_long_values_are_cut_short_in_messages(tmp_path: Path) -> None:
    """A fault stays one line that can be read."""
    (fault, *_) = faults(tmp_path, s=f"tables: [{', '.join(['orders'] * 1000)}]")

    assert all(len(str(fault)) < 300 for fault in faults(tmp_path))
    assert "\n" not in str(fault)


def test_files_are_shown_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the current folder the path is short; elsewhere it is whole."""
    (tmp_path / "catalog").mkdir()
    text = "source: s\nstart: 2018-09-06\n"
    whole = faults(tmp_path / "catalog", s=text)[0].file
    monkeypatch.chdir(tmp_path)

    assert whole == str(tmp_path / "catalog" / "s.yaml")
    assert faults(Path("catalog"))[0].file == str(Path("catalog", "s.yaml"))
    assert str(faults(tmp_path / "catalog")[0]).startswith("catalog/s.yaml:1: tables: is missing.")


def test_yaml_and_yml_are_read_and_nothing_else(tmp_path: Path) -> None:
    """Files of other kinds, hidden ones and folders are no catalog."""
    text = "source: {}\nstart: 2018-09-06\ntables: {{t: {{columns: {{a: text}}}}}}\n"
    for name in ("b.yml", "a.yaml", "C.YAML"):
        (tmp_path / name).write_text(text.format(name[0]))
    for name in ("catalog.schema.json", "README.md", ".hidden.yaml", "a.yaml~"):
        (tmp_path / name).write_text("not a source")
    (tmp_path / "folder.yaml").mkdir()

    assert {source.name for source in read_catalog(tmp_path).sources} == {"a", "b", "C"}


def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    """A broken link is told, not passed over."""
    (tmp_path / "s.yaml").symlink_to(tmp_path / "nowhere")

    assert "cannot be read" in faults(tmp_path)[0].message


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_a_catalog_is_told_with_the_remedy(tmp_path: Path, name: str) -> None:
    """A missing or empty folder names the setting and the command that help."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(ConfigurationError, match=f"{name}.*LAKE_ASSETS_CATALOG.*`lake-assets discover`"):
        read_catalog(tmp_path / name)
