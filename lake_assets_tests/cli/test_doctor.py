"""Proves `lake-assets doctor`: a line for each thing, OK or what to do, and no thing hides another."""

import json

import pytest

from lake_assets_tests.fix_cli import Company, shown

NOBODY = "postgresql://lake_assets:secret@127.0.0.1:1/warehouse"
NAMES = [
    "lake_assets",
    "settings",
    "catalog",
    "lake",
    "warehouse",
    "dagster",
    "tables",
    "leftovers",
    "judge",
    "alerts",
]


@pytest.fixture
def well(company: Company) -> Company:
    """Return a company whose one table has a folder in the lake."""
    company.put(0)
    return company


def bad(company: Company, **environ: str) -> dict[str, str]:
    """Run the doctor where something is amiss, and give what is BAD."""
    result = company.invoke("doctor", "--json", **environ)
    assert result.exit_code == 1
    findings = json.loads(result.stdout)["findings"]
    assert [finding["name"] for finding in findings] == NAMES
    return {finding["name"]: finding["detail"] for finding in findings if not finding["ok"]}


def test_where_all_is_well_every_line_is_ok(well: Company) -> None:
    """Each thing is a line that begins with OK and says what was found; the status is 0."""
    result = well.invoke("doctor")

    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["OK", f"{name}:"] for name in NAMES]
    assert lines[2].endswith(f"1 table of 1 source in {well.folder / 'catalog'}")
    assert "PostgreSQL 18, with the schema lake_assets" in lines[4]
    assert lines[6].endswith("every table of the catalog has a folder in the lake, and every folder a table")


def test_postgresql_16_will_do(well: Company, warehouse16_url: str) -> None:
    """The oldest PostgreSQL that is supported is OK, and what a newer one would bring is said."""
    result = well.invoke("doctor", LAKE_ASSETS_WAREHOUSE=warehouse16_url)

    assert result.exit_code == 0
    assert "PostgreSQL 16 (17 and later load faster), with the schema lake_assets" in result.stdout


def test_a_catalog_that_is_not_there(well: Company) -> None:
    """Without a catalog the services are looked at all the same; the tables wait for the catalog."""
    amiss = bad(well, LAKE_ASSETS_CATALOG="/no/such/folder")

    assert amiss.keys() == {"catalog", "tables", "leftovers", "judge"}
    assert "The catalog folder /no/such/folder does not exist. Set LAKE_ASSETS_CATALOG" in amiss["catalog"]
    assert amiss["tables"] == "not looked at; first mend catalog"


def test_every_fault_of_the_catalog_is_a_line(well: Company) -> None:
    """The faults of a catalog stand below the line BAD, each with file and line."""
    well.write_catalog("orders: {lod: append, expect: never, columns: {id: bigint}}")

    lines = well.invoke("doctor").stdout.splitlines()

    assert lines[2].startswith("BAD catalog: ")
    assert "shop.yaml:4: tables.orders." in lines[2]
    assert lines[3].startswith("    ")
    assert "shop.yaml:4: tables.orders." in lines[3]


def test_a_transform_that_is_not_there(well: Company) -> None:
    """A transform that cannot be imported is told before an hour fails for it."""
    well.write_catalog("orders: {transform: no_such_module_here:clean, columns: {id: bigint}}")

    amiss = bad(well)

    assert "transform no_such_module_here:clean" in amiss["catalog"]


def test_a_type_that_the_warehouse_has_not(well: Company) -> None:
    """An unknown type is told with file, line, column and a near miss, those of child tables too."""
    well.write_catalog(
        "orders: {columns: {id: bigin, at: 'timestamp(3) with time zone', _doc: jsonb},\n"
        "  children: {parts: {path: _doc.parts, columns: {sku: txet}}}}"
    )

    first, second = bad(well)["warehouse"].splitlines()

    assert first.startswith(
        "shop.yaml:4: shop.orders.id: the warehouse has no type bigin. Did you mean bigint?"
    )
    assert "shop.yaml:5: shop.orders.parts.sku: the warehouse has no type txet. Did you mean text" in second


def test_a_warehouse_that_is_down(well: Company) -> None:
    """A warehouse that is down does not hide the rest, and its password is not shown."""
    amiss = bad(well, LAKE_ASSETS_WAREHOUSE=NOBODY)

    assert amiss.keys() == {"warehouse", "leftovers", "judge"}
    assert "Connection refused" in amiss["warehouse"]
    assert "secret" not in amiss["warehouse"]


def test_a_lake_that_is_down(well: Company) -> None:
    """A lake that is down does not hide the rest; the tables wait for the lake."""
    amiss = bad(well, AWS_ENDPOINT_URL="http://127.0.0.1:1")

    assert amiss.keys() == {"lake", "tables"}
    assert "Check that it runs and can be reached, and AWS_ENDPOINT_URL." in amiss["lake"]


def test_a_dagster_that_cannot_be_used(well: Company) -> None:
    """A dagster.yaml that is wrong is named, and does not hide the rest."""
    (well.folder / "dagster" / "dagster.yaml").write_text("storag: {}")

    amiss = bad(well)

    assert amiss.keys() == {"dagster"}
    assert f"Check {well.folder / 'dagster' / 'dagster.yaml'}" in amiss["dagster"]


def test_settings_that_cannot_be_read(well: Company) -> None:
    """With settings that are wrong there is nothing else to look at."""
    result = well.invoke("doctor", LAKE_ASSETS_WAREHOUSE="")

    assert result.exit_code == 1
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["OK", "lake_assets:"],
        ["BAD", "settings:"],
    ]
    assert "Set LAKE_ASSETS_WAREHOUSE too" in result.stdout


def test_a_folder_that_the_catalog_does_not_name(well: Company) -> None:
    """A folder of the lake that nobody loads is told: its files would be skipped in silence."""
    well.put(0, table="shop/returns")
    well.put(0, table="crm/clients")

    assert bad(well) == {
        "tables": "in the lake and not in the catalog: crm/clients, shop/returns. Add them to the "
        "catalog, for their files are not loaded."
    }


def test_tables_that_left_the_catalog_are_named(well: Company) -> None:
    """What the catalog no longer names stays as it is, children too, and is told in a line that is OK."""
    columns = "columns: {id: bigint, _doc: jsonb}"
    well.put(0, '1,"{""parts"": [{""sku"": 7}]}"\n')
    well.put(0, table="shop/returns")
    child = "children: {parts: {path: _doc.parts, columns: {sku: text}}}"
    well.write_catalog(
        f"orders: {{expect: sparse, key: [id], {columns}, {child}}}\n"
        "returns: {columns: {id: bigint, note: text}}"
    )
    well.invoke("load", "--from", shown(0), "--to", shown(1))
    well.query("CREATE TABLE shop.theirs (_lake_hour timestamptz, id bigint)")
    well.write_catalog(f"orders: {{expect: sparse, {columns}}}")

    result = well.invoke("doctor")

    line = "no longer in the catalog, and left as they are: shop.orders__parts, shop.returns."
    assert f"OK  leftovers: {line}" in result.stdout
    assert well.query("SELECT count(*) FROM shop.orders__parts") == [(1,)]


def test_a_table_that_is_not_loaded_yet_is_told(well: Company) -> None:
    """A merge table is told with the remedy before anything is loaded."""
    well.write_catalog("orders: {load: merge, key: [id], columns: {id: bigint, note: text}}")

    assert bad(well) == {
        "tables": "shop.orders asks for load: merge, which is not loaded by this version. "
        "Write `load: append` or `load: snapshot` for it in the catalog."
    }


def test_a_table_without_a_folder(well: Company) -> None:
    """A table of the catalog for which nothing was ever delivered is told."""
    well.write_catalog("clients: {from: klienten, columns: {id: bigint}}", source="crm")

    (detail,) = bad(well).values()

    assert detail.startswith("in the catalog and without a folder in the lake: crm.clients.")


def test_a_folder_with_another_name_is_known(well: Company) -> None:
    """Folders are compared by the names they have in the lake, `from` of the catalog."""
    well.write_catalog("clients: {from: Klienten 2, columns: {id: bigint}}", source="crm")
    well.put(0, table="crm/Klienten 2")

    assert well.invoke("doctor").exit_code == 0
