"""The catalog's values: their defaults, the order of a file's columns, and finding tables by name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from lake_assets.catalog.models import Catalog, Child, Column, FileOptions, Source, Table
from lake_assets.exceptions import ConfigurationError

START = datetime(2018, 9, 6, tzinfo=UTC)


def table(name: str, *columns: Column, source: str = "shop", children: tuple[Child, ...] = ()) -> Table:
    """Make a table of these columns."""
    return Table(source=source, name=name, columns=columns, children=children)


def catalog(*names: str) -> Catalog:
    """Make a catalog of tables named `source.table`."""
    tables = [table(name.split(".")[1], source=name.split(".")[0]) for name in names]
    sources = dict.fromkeys(each.source for each in tables)
    return Catalog(
        sources=tuple(
            Source(
                name=source,
                start=START,
                path=Path(f"{source}.yaml"),
                tables=tuple(each for each in tables if each.source == source),
            )
            for source in sources
        )
    )


def test_names_default_to_the_names_given() -> None:
    """Folders, schemas and file columns are named like what they belong to."""
    orders = table("orders", Column(name="id", type="bigint"))
    shop = Source(name="shop", start=START, path=Path("shop.yaml"), tables=(orders,))

    assert (shop.folder, shop.schema_name, shop.grace) == ("shop", "shop", timedelta(minutes=10))
    assert (orders.folder, orders.schema_name, orders.qualified) == ("orders", "shop", "shop.orders")
    assert orders.columns[0].source_name == "id"


def test_values_never_change() -> None:
    """What one part of the program was given, no other part can alter."""
    orders = table("orders")

    with pytest.raises(ValidationError):
        orders.name = "other"  # type: ignore[misc]
    assert hash(orders) == hash(table("orders"))


def test_file_columns_are_those_of_the_file_each_once() -> None:
    """Columns made by paths share their document, which stands where it is first named."""
    devices = table(
        "devices",
        Column(name="id", type="text", source_name="oid__id"),
        Column(name="model", type="text", path=("_doc", "model")),
        Column(name="tags", type="jsonb", path=("_doc", "tags")),
        Column(name="note", type="text"),
    )

    assert devices.file_columns == ("oid__id", "_doc", "note")


def test_the_document_of_a_child_is_a_column_of_the_file() -> None:
    """A document that is only there for its children is read all the same."""
    parts = Child(name="parts", path=("_doc", "parts"), columns=(Column(name="sku", type="text"),))

    assert table("d", Column(name="id", type="text"), children=(parts,)).file_columns == ("id", "_doc")


def test_columns_without_a_position_take_the_places_that_are_left() -> None:
    """A position moves one column; the others keep their order around it."""
    moved = table(
        "t",
        Column(name="a", type="text"),
        Column(name="b", type="text"),
        Column(name="first", type="text", position=1),
        Column(name="seventh", type="text", position=7),
    )

    assert moved.file_places == {"first": 1, "a": 2, "b": 3, "seventh": 7}
    assert moved.file_columns == ("first", "a", "b", "seventh")


def test_a_table_is_found_by_its_qualified_name() -> None:
    """A table leads to its source, and its name to the table."""
    both = catalog("shop.orders", "erp.orders")

    assert both.table("erp.orders").source == "erp"
    assert both.source_of(both.table("erp.orders")).path == Path("erp.yaml")


@pytest.mark.parametrize(
    ("names", "selected"),
    [
        ([], ["shop.orders", "shop.users", "erp.orders"]),
        (["shop"], ["shop.orders", "shop.users"]),
        (["erp.orders", "shop.orders"], ["shop.orders", "erp.orders"]),
        (["shop.users", "shop", "shop.users"], ["shop.orders", "shop.users"]),
    ],
)
def test_a_selection_names_tables_and_whole_sources(names: list[str], selected: list[str]) -> None:
    """Each table comes once, in the catalog's order; no name at all means every table."""
    everything = catalog("shop.orders", "shop.users", "erp.orders")

    assert [found.qualified for found in everything.select(names)] == selected


@pytest.mark.parametrize(
    ("name", "near"),
    [("shop.order", "shop.orders"), ("users", "shop.users"), ("SHOP.USERS", "shop.users"), ("shp", "shop")],
)
def test_an_unknown_name_is_refused_with_what_is_near(name: str, near: str) -> None:
    """A slip of the pen, a missing source and other letter cases are recognised."""
    with pytest.raises(ConfigurationError, match=f"{name}.*Did you mean .*{near}"):
        catalog("shop.orders", "shop.users").select([name])


def test_all_unknown_names_are_told_at_once() -> None:
    """One error names every name that is unknown."""
    with pytest.raises(ConfigurationError) as caught:
        catalog("shop.orders").select(["nothing", "shop", "nowhere.at_all"])

    assert [line.split("'")[1] for line in str(caught.value).splitlines()] == ["nothing", "nowhere.at_all"]


def test_an_unknown_table_has_a_remedy() -> None:
    """Where nothing is near, the error says how tables are named."""
    with pytest.raises(ConfigurationError, match=r"source\.table"):
        catalog("shop.orders").table("xyz")


def test_a_table_overrides_only_what_it_says() -> None:
    """Options that a table writes are its own, and all others the source's, the default ones among them."""
    source = FileOptions(delimiter=";", null="NULL", timezone="Europe/Madrid")
    own = FileOptions(delimiter=",", encoding="cp1252", layout="auto")

    assert source.overridden(own) == FileOptions(
        delimiter=",", null="NULL", timezone="Europe/Madrid", encoding="cp1252"
    )
    assert source.overridden(None) == source


def test_a_table_is_a_key_by_its_name_alone() -> None:
    """Looking a table up does not go through its columns; whether two are equal does."""
    narrow, wide = table("orders"), table("orders", Column(name="id", type="bigint"))

    assert hash(narrow) == hash(wide)
    assert narrow != wide
    assert {narrow: 1, wide: 2}[wide] == 2
