"""Proves `lake-assets load`: which table-hours it loads, and how it tells what became of them."""

import json

import pytest

from lake_assets_tests.fix_cli import ROWS, Company, hour, in_json, shown

RANGE = ("--from", shown(0), "--to", shown(3))
BAD = "x,first\ny,second\n"
HOURLY = "orders: {expect: hourly, columns: {id: bigint, note: text}}"


def test_hours_that_were_never_loaded_are_loaded(company: Company) -> None:
    """Without a range, every hour whose files were never loaded is loaded, holes between them or not."""
    for number in (0, 1, 5):
        company.put(number)

    result = company.invoke("load")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "3 table-hours, 9 rows: 3 loaded\n"
    assert company.rows() == 9


def test_what_is_loaded_is_left_alone(company: Company) -> None:
    """A second load without a range has nothing to do, and says so."""
    company.put(0)
    company.invoke("load")

    result = company.invoke("load")

    assert result.exit_code == 0
    assert result.stderr == "Nothing to load: every table-hour is as the lake has it.\n"


def test_an_hour_that_changed_is_loaded_again(company: Company) -> None:
    """A file that came late brings its hour back, and no other."""
    for number in (0, 1):
        company.put(number)
    company.invoke("load")
    company.put(1, "4,late\n", minute=59)

    assert [(row["hour"], row["loaded"]) for row in company.ask("load")] == [(in_json(1), 4)]
    assert company.rows() == 7


def test_with_vanished_follow_an_hour_whose_files_are_gone_is_loaded_again(company: Company) -> None:
    """Files taken from the lake bring their hour back; it is missed if they had records, and else quiet."""
    company.write_catalog("orders: {expect: sparse, vanished: follow, columns: {id: bigint, note: text}}")
    company.put(2)
    keys = [company.put(0), company.put(1, "")]
    company.invoke("load")
    for key in keys:
        company.bucket.delete(key)

    assert [row["state"] for row in company.ask("load")] == ["missing", "quiet"]
    assert company.rows() == 3
    assert [(row["state"], row["note"]) for row in company.ask("load")] == [
        ("missing", f"{keys[0]}: removed from the lake since it was loaded (3 records)")
    ]


def test_hours_whose_files_vanished_are_told_once_and_wait_for_a_person(company: Company) -> None:
    """Rows stay, one alert tells all tables of it, and no load is tried until somebody says what is to be."""
    company.write_catalog(
        "orders: {expect: sparse, columns: {id: bigint, note: text}}\n"
        "items: {expect: sparse, columns: {id: bigint, note: text}}"
    )
    keys = [company.put(number, ROWS + f"{number},x\n") for number in range(3)]
    keys.append(company.put(0, table="shop/items"))
    company.invoke("load")
    for key in keys:
        company.bucket.delete(key)

    result = company.invoke("load")

    assert result.exit_code == 1
    assert (
        f"{keys[0]}: vanished from the lake since it was loaded; 4 rows of it stay in main" in result.stderr
    )
    assert "4 table-hours, 15 rows: 4 stale\n" in result.stderr
    assert (company.rows(), company.rows("shop.items")) == (12, 3)
    assert [row["state"] for row in company.ask("load")] == ["stale"] * 4
    ((kind, body),) = company.query("SELECT kind, body FROM lake_assets.alerts")
    assert kind == "vanished"
    assert f"lake-assets load shop.items --from {shown(0)} --to {shown(1)} --follow-vanished" in body
    with company.dagster() as instance:
        loads = [run for run in instance.get_runs() if run.asset_selection]
    assert len(loads) == 2  # one a table, before anything vanished

    kept = company.ask("waive", "shop.orders", "--to", shown(1), "--why", "lifecycle")
    assert [(row["state"], row["loaded"]) for row in kept] == [("waived", 4)]
    followed = company.ask("load", "shop.orders", "--from", shown(1), "--follow-vanished")
    assert [row["state"] for row in followed][:2] == ["missing", "missing"]
    assert " vanished files followed at " in followed[0]["note"]
    assert company.rows() == 4
    assert [row["state"] for row in company.ask("load")] == ["missing", "missing", "stale"]

    # What was only moved, to another hour too, is found by the load, and nobody is asked.
    company.bucket.put(keys[3].replace("1500000", "4500000"), ROWS.encode())
    assert [row["state"] for row in company.ask("load", "shop.items")] == ["loaded"]
    assert company.rows("shop.items") == 3


def test_an_hour_that_failed_is_tried_again(company: Company) -> None:
    """A failed hour is tried with every load, until its file is mended."""
    company.put(0, BAD)
    company.invoke("load")
    assert [row["state"] for row in company.ask("load")] == ["failed"]

    company.put(0)

    assert [row["state"] for row in company.ask("load")] == ["loaded"]


def test_a_mismatch_is_loaded_again(company: Company) -> None:
    """An hour whose rows were changed by hand, as a check has found, is loaded again."""
    company.put(0)
    company.invoke("load")
    company.query("DELETE FROM shop.orders WHERE id = 2")
    company.invoke("check")

    assert [row["state"] for row in company.ask("load")] == ["loaded"]
    assert company.rows() == 3


def test_rows_of_an_hour_without_files_are_taken_away(company: Company) -> None:
    """A row that somebody put into a quiet hour, as a check has found, is gone after a load."""
    company.put(0)
    company.invoke("load", *RANGE)
    company.query(
        f"INSERT INTO shop.orders (_lake_hour, _lake_file, _lake_record) VALUES ('{hour(1)}', 999, 1)"
    )
    assert [row["state"] for row in company.ask("check", *RANGE)] == ["loaded", "mismatch", "quiet"]

    assert [(row["hour"], row["state"]) for row in company.ask("load")] == [(in_json(1), "quiet")]
    assert company.rows() == 3


def test_missing_hours_are_told_and_written_down(company: Company) -> None:
    """Without a range, an hour for which no file came is told, is in the ledger, and makes the status 1."""
    company.write_catalog(HOURLY)
    for number in (0, 2):
        company.put(number)

    result = company.invoke("load")

    assert result.exit_code == 1
    assert (
        f"missing     shop.orders {shown(1)}: no file came, and one was due (expect: hourly)\n"
        in result.stderr
    )
    assert "see whether DMS runs and writes" in result.stderr
    state = f"SELECT state FROM lake_assets.table_hours WHERE hour = '{hour(1)}'"
    assert company.query(state) == [("missing",)]


def test_with_a_range_every_hour_is_loaded_anew(company: Company) -> None:
    """A range loads each of its hours, those that were loaded before and those without files too."""
    for number in range(2):
        company.put(number)
    company.invoke("load")

    loaded = company.ask("load", *RANGE)

    assert [(row["hour"], row["state"]) for row in loaded] == [
        (in_json(0), "loaded"),
        (in_json(1), "loaded"),
        (in_json(2), "quiet"),
    ]
    assert company.rows() == 6


def test_to_is_exclusive(company: Company) -> None:
    """The hour after --to is where a range ends: it is not loaded."""
    for number in range(3):
        company.put(number)

    assert [row["hour"] for row in company.ask("load", "--from", shown(1), "--to", shown(2))] == [in_json(1)]


def test_a_range_may_be_open(company: Company) -> None:
    """--to alone begins at the source's start, --from alone ends with the running hour."""
    assert [row["hour"] for row in company.ask("load", "--to", shown(2))] == [in_json(0), in_json(1)]
    assert company.ask("load", "--from", shown(11))[-1]["state"] == "expected"


def test_each_source_has_its_own_start(company: Company) -> None:
    """In one range, each source is loaded from its own first hour."""
    company.write_catalog("clients: {expect: sparse, columns: {id: bigint}}", source="crm", start=hour(2))

    loaded = {(row["table"], row["hour"]) for row in company.ask("load", *RANGE)}

    assert loaded == {("shop.orders", in_json(number)) for number in range(3)} | {("crm.clients", in_json(2))}


def test_a_range_may_lie_before_one_source(company: Company) -> None:
    """A table without an hour in the range costs nothing, if another has one."""
    company.write_catalog("clients: {expect: sparse, columns: {id: bigint}}", source="crm", start=hour(2))

    assert {row["table"] for row in company.ask("load", "--to", shown(2))} == {"shop.orders"}


@pytest.mark.parametrize("command", ["load", "check", "status"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "2001-01-01T00"), f"shop begins at {shown(0)}"),
        (("--from", "2999-01-01T00"), "the last hour is the running one (UTC). Give another --from or --to."),
        (("--from", shown(2), "--to", shown(2)), "Give a --to later than --from"),
        (("--from", "yesterday"), "'yesterday' is not an hour. Write it as 2018-09-06T10 (UTC)."),
        (("shop.order",), "'shop.order' is not in the catalog. Did you mean shop.orders"),
    ],
    ids=["before the start", "to come", "empty", "no hour", "no table"],
)
def test_what_cannot_be_meant_is_refused(
    company: Company, command: str, words: tuple[str, ...], said: str
) -> None:
    """A range without hours, a word that is no hour and an unknown table end with status 2 and the remedy."""
    result = company.invoke(command, *words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_lake_that_is_not_there_fails_no_hour(company: Company) -> None:
    """Settings that cannot work end a load of a range before it begins, and no hour is written down."""
    result = company.invoke("load", "--to", shown(1), LAKE_ASSETS_LAKE="s3://no-such-bucket")

    assert (result.exit_code, "The bucket 'no-such-bucket' does not exist" in result.stderr) == (2, True)
    assert company.query("SELECT * FROM lake_assets.table_hours") == []


def test_a_table_that_fails_does_not_stop_the_others(company: Company) -> None:
    """Of two tables in one run one fails: the other is loaded, and the status is 1."""
    company.write_catalog(
        """
        broken: {expect: sparse, columns: {id: bigint, note: text}}
        orders: {expect: sparse, columns: {id: bigint, note: text}}
        """
    )
    company.put(0, BAD, table="shop/broken")
    company.put(0)

    result = company.invoke("load", "--json")

    assert result.exit_code == 1
    states = {row["table"]: row["state"] for row in json.loads(result.stdout)["table_hours"]}
    assert states == {"shop.broken": "failed", "shop.orders": "loaded"}
    assert f"failed      shop.broken {shown(0)}: None of 2 records can be loaded." in result.stderr


def test_a_table_the_warehouse_has_otherwise_fails_with_the_reason(company: Company) -> None:
    """A table whose step fails before its first hour has all its hours failed, with the plain reason."""
    company.query("CREATE SCHEMA shop; CREATE TABLE shop.orders (id text)")
    for number in range(2):
        company.put(number)

    result = company.invoke("load")

    assert result.exit_code == 1
    assert f"failed      shop.orders {shown(0)} to {shown(1)}, 2 hours: shop.orders: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_table_of_a_kind_that_is_not_loaded_yet_fails_with_the_reason(company: Company) -> None:
    """A merge table fails and says once what it asks for, and no run is started for it; others are loaded."""
    company.write_catalog(
        """
        clients: {load: merge, key: [id], expect: sparse, columns: {id: bigint, note: text}}
        orders: {expect: sparse, columns: {id: bigint, note: text}}
        """
    )
    company.put(0)
    company.put(5)
    company.put(0, table="shop/clients")

    result = company.invoke("load")

    assert result.exit_code == 1
    with company.dagster() as instance:
        (run,) = instance.get_runs()
    assert run.run_config["ops"] == {"shop__orders": {"config": {"hours": [shown(0), shown(5)]}}}
    told = f"failed      shop.clients {shown(0)}: shop.clients asks for load: merge"
    assert told in result.stderr
    assert company.rows() == 6
    company.invoke("load")
    (alert,) = company.query("SELECT body FROM lake_assets.alerts")
    assert alert[0].count("asks for load: merge") == 1
    assert company.invoke("status").stderr.count(told) == 1
    assert result.stderr.count("asks for load: merge") == 1
    (note,) = company.query("SELECT note FROM lake_assets.table_hours WHERE table_name = 'clients'")
    assert "Write `load: append`" in note[0]


@pytest.mark.parametrize("words", [(), RANGE])
def test_a_table_that_cannot_be_loaded_at_all_is_failed_in_the_ledger(
    company: Company, words: tuple[str, ...]
) -> None:
    """With a range or without: one of a kind not loaded yet, and one that main has otherwise by now."""
    company.write_catalog(
        """
        clients: {load: merge, key: [id], expect: sparse, columns: {id: bigint, note: text}}
        orders: {expect: sparse, columns: {id: bigint, note: text}}
        """
    )
    company.put(0)
    company.put(0, table="shop/clients")
    company.invoke("load", "shop.orders")
    company.query("ALTER TABLE shop.orders ALTER id TYPE text")
    company.put(1)

    result = company.invoke("load", *words)

    assert result.exit_code == 1
    number = 0 if words else 1  # what is as the lake has it is left alone without a range
    failed = company.query(
        "SELECT table_name, hour, reason FROM lake_assets.table_hours WHERE state = 'failed' ORDER BY 1, 2"
    )
    assert failed[:2] == [("clients", hour(0), "mode_unsupported"), ("orders", hour(number), "load_failed")]
    titles = [title for (title,) in company.query("SELECT title FROM lake_assets.alerts ORDER BY 1")]
    assert len(titles) == 2
    assert all(title.startswith("failed: shop.") for title in titles)
    states = {(row["table"], row["hour"]): row["state"] for row in company.ask("status")}
    assert states["shop.orders", in_json(number)] == "failed"


def test_a_red_check_after_a_load_is_told(company: Company) -> None:
    """When the check right after a load finds rows gone, that is the outcome, not `loaded`."""
    company.put(0)
    company.invoke("load")
    company.query(
        "CREATE FUNCTION shop.lose() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM shop.orders WHERE id = 2; RETURN NULL; END $$;"
        "CREATE TRIGGER lose AFTER UPDATE ON lake_assets.table_hours EXECUTE FUNCTION shop.lose()"
    )

    result = company.invoke("load", *RANGE)

    assert result.exit_code == 1
    assert "2 rows in main, 3 loaded (-1)" in result.stderr
    assert "3 table-hours, 3 rows: 2 quiet, 1 mismatch\n" in result.stderr


def test_quarantined_records_make_the_status_1(company: Company) -> None:
    """An hour with records in quarantine is loaded, needs attention, and says where to look."""
    company.put(0, ROWS + "x,fourth\n")

    result = company.invoke("load")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"quarantined shop.orders {shown(0)} 4 records, 1 in quarantine",
        "quarantined: `lake-assets quarantine list` shows the records and the reasons.",
        "1 table-hour, 3 rows: 1 quarantined",
    ]


def test_an_unknown_file_is_told_once(company: Company) -> None:
    """A file that is no DMS file is told with its reason, once for all the runs of a load."""
    for number in (0, 2):
        company.put(number)
    company.bucket.put("shop/orders/readme.txt", b"hello")

    result = company.invoke("load")

    assert result.stderr.count(f"not loaded s3://{company.bucket.bucket}/shop/orders/readme.txt: ") == 1


def test_json_tells_each_table_hour(company: Company) -> None:
    """With --json, stdout is one document with a row for each table-hour that was touched."""
    company.put(0, ROWS + "x,fourth\n")

    assert company.ask("load") == [
        {
            "table": "shop.orders",
            "hour": in_json(0),
            "state": "quarantined",
            "records": 4,
            "loaded": 3,
            "quarantined": 1,
            "superseded": 0,
            "filtered": 0,
            "added": 0,
            "note": None,
        }
    ]
