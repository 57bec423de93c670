"""Proves that no variable `PG*` of the environment changes a value, and that those that say where count."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg import pq

from lake_assets.exceptions import WarehouseError
from lake_assets.postgres import connect
from lake_assets_tests.fix_bench import Bench
from lake_assets_tests.load.test_clock import CELLS, TYPED

SERVICE = """\
[hostile]
dbname=nowhere
user=nobody
client_encoding=LATIN1
application_name=somebody
options=-c timezone=Asia/Tokyo -c search_path=nowhere
"""
NOWHERE = "/nowhere"
# What each may be and let a session of the tests' server come about all the same.
HOSTILE: Mapping[str, str] = {
    # Beyond those that libpq lists with its parameters (its manual, "Environment Variables").
    "PGDATESTYLE": "ISO, DMY",
    "PGTZ": "Asia/Tokyo",
    "PGGEQO": "off",
    "PGREQUIRESSL": "0",
    "PGSYSCONFDIR": NOWHERE,
    "PGLOCALEDIR": NOWHERE,
    "PGSERVICE": "hostile",
    "PGUSER": "nobody",
    "PGPASSWORD": "wrong",
    "PGPASSFILE": NOWHERE,
    "PGCHANNELBINDING": "disable",
    "PGCONNECT_TIMEOUT": "9",
    "PGDATABASE": "nowhere",
    "PGHOST": "192.0.2.1",
    "PGHOSTADDR": "127.0.0.1",
    "PGPORT": "9",
    "PGCLIENTENCODING": "SQL_ASCII",
    "PGOPTIONS": "-c timezone=Asia/Tokyo -c search_path=nowhere -c default_transaction_read_only=on",
    "PGAPPNAME": "somebody",
    "PGSSLMODE": "disable",
    "PGSSLNEGOTIATION": "postgres",
    "PGSSLCOMPRESSION": "1",
    "PGSSLCERT": NOWHERE,
    "PGSSLKEY": NOWHERE,
    "PGSSLCERTMODE": "disable",
    "PGSSLROOTCERT": NOWHERE,
    "PGSSLCRL": NOWHERE,
    "PGSSLCRLDIR": NOWHERE,
    "PGSSLSNI": "0",
    "PGREQUIREPEER": "nobody",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGMINPROTOCOLVERSION": "3.0",
    "PGMAXPROTOCOLVERSION": "3.0",
    "PGSSLMINPROTOCOLVERSION": "TLSv1.3",
    "PGSSLMAXPROTOCOLVERSION": "TLSv1.3",
    "PGGSSENCMODE": "disable",
    "PGKRBSRVNAME": "somebody",
    "PGGSSLIB": "gssapi",
    "PGGSSDELEGATION": "1",
    "PGTARGETSESSIONATTRS": "read-write",
    "PGLOADBALANCEHOSTS": "random",
}


def test_every_variable_of_libpq_is_tried() -> None:
    """A variable that a newer libpq brings is missed here."""
    known = {option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}

    assert known - HOSTILE.keys() == set()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_variable_changes_a_value(
    bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A load under a variable gives the rows that one without it gives, and the check agrees."""
    typed = bench.with_table(TYPED, files={"dates": "mdy"})
    typed.put(CELLS)
    services = tmp_path / "services"
    services.write_text(SERVICE, encoding="utf-8")

    with monkeypatch.context() as environment:
        environment.setenv("PGSERVICEFILE", str(services))
        environment.setenv(name, HOSTILE[name])
        report = typed.load()
        check = typed.check(deep=True)
        with connect(typed.url) as session:
            application = session.info.parameter_status("application_name")
            encoding = session.info.encoding
    under_it = typed.rows()
    typed.load()

    assert (report.state, report.error, check.passed) == ("loaded", None, True)
    assert under_it == typed.rows()
    assert (application, encoding) == ("lake_assets", "utf-8")


def test_where_and_as_whom_may_stand_in_the_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the URL leaves out is taken from the variables: host, port, user and password."""
    parts = urlsplit(bench.url)
    there = {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": parts.username}
    for name, value in {**there, "PGPASSWORD": parts.password}.items():
        monkeypatch.setenv(name, str(value))
    short = replace(bench, url=f"postgresql://{parts.path}")
    short.put("1,10.50,2018-09-06 10:00:00,first\n")

    assert short.load().error is None
    assert len(short.rows()) == 1


def test_a_variable_that_lets_no_session_come_about_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libpq or the server says of it stands in the error."""
    monkeypatch.setenv("PGTZ", "Nowhere/Nix")

    with pytest.raises(WarehouseError, match="Nowhere/Nix"):
        connect(bench.url)

    assert os.environ["PGTZ"] == "Nowhere/Nix"
