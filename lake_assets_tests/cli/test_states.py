"""Proves that commands say the same of a table-hour, and that none takes away what is known of it."""

import pytest

from lake_assets_tests.fix_cli import Company, hour, shown

FIRST_HOUR = ("--from", shown(0), "--to", shown(1))
RUNNING_HOUR = 12
BAD = "x,first\ny,second\n"
REASON = "None of 2 records can be loaded."


@pytest.fixture
def written_to(company: Company) -> Company:
    """Return a company whose running hour has a file that is not loaded."""
    company.put(RUNNING_HOUR)
    return company


@pytest.fixture(params=["hourly", "sparse"])
def failed(company: Company, request: pytest.FixtureRequest) -> Company:
    """Return a company with an hour whose load failed, and whose file is gone since."""
    company.write_catalog(f"orders: {{expect: {request.param}, columns: {{id: bigint, note: text}}}}")
    key = company.put(0, BAD)
    company.invoke("load", *FIRST_HOUR)
    company.bucket.delete(key)
    return company


def known(company: Company) -> list[tuple[object, ...]]:
    """Return what the ledger knows of the first hour."""
    return company.query(
        f"SELECT state, reason, evidence, note FROM lake_assets.table_hours WHERE hour = '{hour(0)}'"
    )


def test_status_and_check_agree_on_a_file_of_the_running_hour(written_to: Company) -> None:
    """A file of an hour that is not over lets neither fail: the hour is expected, for the same reason."""
    words = ("--from", shown(RUNNING_HOUR), "--to", shown(RUNNING_HOUR + 1))

    (status,), (check,) = written_to.ask("status", *words), written_to.ask("check", *words)

    assert status == check
    assert status["state"] == "expected"
    assert "in the lake and not loaded" in status["note"]
    assert [written_to.invoke(command, *words).exit_code for command in ("status", "check")] == [0, 0]


def test_a_load_takes_a_file_of_the_running_hour(written_to: Company) -> None:
    """An expected hour that has files is loaded all the same by a load without a range."""
    loaded = written_to.ask("load")

    assert [(row["state"], row["loaded"]) for row in loaded] == [("loaded", 3)]
    assert written_to.rows() == 3


def test_why_an_hour_failed_is_told_when_its_file_is_gone(failed: Company) -> None:
    """Status and ledger tell why a load failed, after a check that finds nothing to load any more."""
    before = failed.ask("status", *FIRST_HOUR)

    failed.invoke("check", *FIRST_HOUR)

    assert REASON in before[0]["note"]
    assert failed.ask("status", *FIRST_HOUR) == before
    ((state, _, _, note),) = known(failed)
    assert (state, note) == (before[0]["state"], before[0]["note"])


def test_why_an_hour_failed_is_told_once(failed: Company) -> None:
    """A check that finds nothing new leaves the ledger as it is, however often it is run."""
    failed.invoke("check", *FIRST_HOUR)
    after_one = known(failed)

    for _ in range(2):
        failed.invoke("check", *FIRST_HOUR)

    assert known(failed) == after_one
    assert str(after_one[0][-1]).count(REASON) == 1
