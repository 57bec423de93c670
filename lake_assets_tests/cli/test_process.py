"""Proves what only a process of its own can show: streams, statuses, secrets, signals and imports."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lake_assets.cli.main import main
from lake_assets.embedded.processes import wait_for
from lake_assets_tests.fix_cli import COMMAND, ROWS, Company, in_json, shown

SECRET = "s3cr3t-p4ss"  # noqa: S105 - a made-up one, that must not be shown
NOBODY = f"postgresql://lake_assets:{SECRET}@127.0.0.1:1/warehouse"
HEAVY = {
    "boto3",
    "botocore",
    "dagster",
    "numpy",
    "pandas",
    "psycopg",
    "pydantic",
    "rich",
    "sqlalchemy",
    "yaml",
}
SECONDS = 60
EVERY_COMMAND = [("load",), ("load", "--from", shown(0)), ("check",), ("status",), ("quarantine", "list")]


@pytest.fixture
def other_user(company: Company) -> Iterator[str]:
    """Return the warehouse's address for a user who may connect and nothing more."""
    user = f"reader_{company.bucket.bucket.replace('-', '_')}"
    with psycopg.connect(company.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{SECRET}'".encode())
        place = conninfo_to_dict(company.url)
        yield f"postgresql://{user}:{SECRET}@{place['host']}:{place['port']}/{place['dbname']}"
        connection.execute(f"DROP ROLE {user}".encode())


def test_a_load_says_nothing_but_its_outcome(company: Company) -> None:
    """A first load, into a DAGSTER_HOME it makes, writes one line: no banner, log or warning of a library."""
    company.query("DROP SCHEMA lake_assets CASCADE")
    company.put(0)

    result = company.run("load", DAGSTER_HOME="")

    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "1 table-hour, 3 rows: 1 loaded\n"
    assert (company.folder / ".lake_assets" / "dagster_home" / "history").is_dir()


def test_the_process_ends_with_the_status(company: Company) -> None:
    """What a command found is the exit status of its process."""
    company.put(0)
    company.invoke("load")
    assert company.run("status").returncode == 0

    company.put(1)
    assert company.run("status").returncode == 1


@pytest.mark.parametrize("words", [("load",), ("check",), ("status",), ("quarantine", "list"), ("doctor",)])
def test_stdout_of_json_is_one_document(company: Company, words: tuple[str, ...]) -> None:
    """With --json everything on stdout is one JSON document, whatever is told on stderr, a new ledger too."""
    company.query("DROP SCHEMA lake_assets CASCADE")
    company.put(0, ROWS + "x,fourth\n")
    company.bucket.put("shop/orders/readme.txt", b"hello")

    result = company.invoke(*words, "--json")

    assert isinstance(json.loads(result.stdout), dict)


def test_json_keeps_to_the_encoding_of_stdout(company: Company) -> None:
    """Where stdout takes only ASCII, JSON and text escape what is beyond it instead of failing."""
    company.put(0, ROWS + "ñ😀,fourth\n")
    company.invoke("load")

    listed = company.run("quarantine", "list", "--json", PYTHONIOENCODING="ascii")
    shown_ = company.run("quarantine", "list", PYTHONIOENCODING="ascii")

    assert json.loads(listed.stdout)["quarantine"][0]["value"] == "ñ😀"
    assert (shown_.returncode, shown_.stdout.isascii()) == (1, True)


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_a_warehouse_that_does_not_answer(company: Company, words: tuple[str, ...]) -> None:
    """A closed port is status 2 and one line that says what to check, without traceback or password."""
    company.put(0)

    result = company.run(*words, LAKE_ASSETS_WAREHOUSE=NOBODY)

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: The warehouse does not answer: ")
    assert "Connection refused" in line
    assert line.endswith("Check LAKE_ASSETS_WAREHOUSE, and that the server is up and lets this user in.")
    assert SECRET not in line


@pytest.mark.parametrize("words", [("load", "--from", shown(0)), ("status",)])
def test_a_wrong_password(company: Company, words: tuple[str, ...]) -> None:
    """A wrong password is status 2 and one line that does not show it."""
    place = conninfo_to_dict(company.url)
    url = f"postgresql://{place['user']}:{SECRET}@{place['host']}:{place['port']}/{place['dbname']}"

    result = company.invoke(*words, LAKE_ASSETS_WAREHOUSE=url)

    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "password authentication failed" in line
    assert SECRET not in line


def test_a_user_who_may_not_write(company: Company, other_user: str) -> None:
    """A user without rights in the warehouse is told which are needed."""
    result = company.run("status", LAKE_ASSETS_WAREHOUSE=other_user)

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: The warehouse refuses: permission denied for schema lake_assets. ")
    assert "GRANT CREATE ON DATABASE" in line
    assert SECRET not in line


@pytest.mark.parametrize("words", [("load", "--from", shown(0)), ("status",)])
@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "The S3 server at http://127.0.0.1:1 did not answer"),
        ({"LAKE_ASSETS_LAKE": "s3://no-such-bucket"}, "The bucket 'no-such-bucket' does not exist"),
        ({"AWS_SECRET_ACCESS_KEY": SECRET}, "(SignatureDoesNotMatch). Check AWS_ACCESS_KEY_ID and"),
    ],
)
def test_a_lake_that_cannot_be_listed(
    company: Company, words: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    """A server that is down, a bucket that is not there and a wrong key are one line without a secret."""
    result = company.run(*words, **environ)

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert said in line
    assert SECRET not in line


def test_half_the_settings(company: Company) -> None:
    """With a lake and no warehouse, a command says which of the two to set."""
    result = company.invoke("load", LAKE_ASSETS_WAREHOUSE="")

    assert result.exit_code == 2
    assert "Set LAKE_ASSETS_WAREHOUSE too, or unset LAKE_ASSETS_LAKE" in result.stderr


def test_a_malformed_warehouse_is_not_shown(company: Company) -> None:
    """A URL that cannot be taken apart is not quoted, for nobody can tell which part is the password."""
    result = company.invoke("load", LAKE_ASSETS_WAREHOUSE=f"postgresql://me:{SECRET}#@db/reports")

    assert result.exit_code == 2
    assert "LAKE_ASSETS_WAREHOUSE is not a PostgreSQL URL" in result.stderr
    assert SECRET not in result.stderr


def test_all_faults_of_a_catalog_are_told(company: Company) -> None:
    """Each fault of the catalog is on a line of its own, with file, line and remedy; the status is 2."""
    company.write_catalog("orders: {lod: append, columns: {id: bigint}}")
    company.write_catalog("clients: {expect: never, columns: {id: bigint}}", source="crm")

    result = company.run("load")

    assert (result.returncode, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()
    assert first.startswith("Error: catalog/crm.yaml:4: tables.clients.expect: 'never' is not ")
    assert second.startswith("catalog/shop.yaml:4: tables.orders.")
    assert "Did you mean load?" in second


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"storag: {SECRET}", "DagsterInvalidConfigError"),
        ("storage: [", "ParserError"),
    ],
)
def test_a_dagster_that_cannot_be_used(company: Company, text: str, said: str) -> None:
    """A dagster.yaml that is wrong is one line that names the file and shows nothing that stands in it."""
    home = company.folder / "dagster"
    (home / "dagster.yaml").write_text(text)

    result = company.run("load", "--from", shown(0))

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: Dagster cannot keep its runs and events (")
    assert said in line
    assert f"Check {home}/dagster.yaml" in line
    assert SECRET not in line


def test_a_dagster_home_that_is_not_there(company: Company) -> None:
    """A DAGSTER_HOME that does not exist is told, not made: a typing error would hide all runs."""
    result = company.invoke("load", "--from", shown(0), DAGSTER_HOME="/no/such/folder")

    assert result.exit_code == 2
    assert "DAGSTER_HOME is /no/such/folder, and there is no such folder. Create it" in result.stderr


def test_a_dagster_on_postgresql(company: Company) -> None:
    """Runs and events may be kept in PostgreSQL, as dagster.yaml says."""
    company.put(0)
    url = company.url.replace("postgresql:", "postgresql+psycopg2:")
    (company.folder / "dagster" / "dagster.yaml").write_text(
        f"storage: {{postgres: {{postgres_url: '{url}'}}}}"
    )

    result = company.invoke("load")

    assert (result.exit_code, result.stderr) == (0, "1 table-hour, 3 rows: 1 loaded\n")
    assert company.query("SELECT status FROM runs") == [("SUCCESS",)]


@pytest.mark.parametrize(
    "words",
    [(), *((name,) for name in main.commands), ("quarantine", "list")],
)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    """Help answers at once: what takes long to import is imported by the commands that need it."""
    code = (
        "import sys\nfrom lake_assets.cli.main import main\n"
        f"try: main({[*words, '--help']!r}, prog_name='lake-assets')\n"
        f"finally: print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.startswith("Usage: lake-assets")
    assert result.stderr == "[]\n"


def test_status_does_not_import_dagster(company: Company) -> None:
    """A command that runs nothing does not wait for Dagster, which takes seconds to import."""
    code = (
        "import sys\nfrom lake_assets.cli.main import main\n"
        "try: main(['status'])\nfinally: print('dagster' in sys.modules, file=sys.stderr)\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=company.environ
    )

    assert result.stderr == "False\n"


def test_a_load_imports_neither_pandas_nor_apprise(company: Company) -> None:
    """Who has no transform and no receiver does not wait for the libraries of those who have."""
    company.put(0)
    code = (
        "import sys\nfrom lake_assets.cli.main import main\n"
        "try: main(['load'])\nfinally: print({'pandas', 'apprise'} & set(sys.modules))\n"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=company.environ
    )

    assert (result.stdout, result.stderr) == ("set()\n", "1 table-hour, 3 rows: 1 loaded\n")


def test_ctrl_c_leaves_every_hour_whole(company: Company) -> None:
    """Ctrl-C ends a load with status 130 and a sentence; its hour is as before, and the next load gets it."""
    company.put(0)
    with psycopg.connect(company.url) as holder:
        company.invoke("load")
        company.put(0, "9,new\n")
        holder.execute("LOCK TABLE shop.orders")
        child = subprocess.Popen(
            [COMMAND, "load"], env=company.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        waits = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        assert wait_for(lambda: bool(company.query(waits)[0][0]) or child.poll() is not None, SECONDS)
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()

    assert (child.returncode, out) == (130, "")
    assert err == "Stopped. Every table-hour is loaded whole, or as it was before.\n"
    assert company.rows() == 3
    assert [row["loaded"] for row in company.ask("load")] == [1]


def test_progress_is_shown_on_a_terminal_only(company: Company) -> None:
    """On a terminal a bar counts the table-hours while a run is under way; JSON on stdout stays clean."""
    for number in range(3):
        company.put(number)
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "load", "--json"],
        env=company.environ | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as child:
        os.close(theirs)
        drawn = b"".join(_read_all(mine))
        assert child.stdout
        document = json.loads(child.stdout.read())

    assert child.returncode == 0
    assert b"0/3" in drawn
    assert b"3/3" in drawn
    assert [row["hour"] for row in document["table_hours"]] == [in_json(number) for number in range(3)]


def _read_all(terminal: int) -> Iterator[bytes]:
    """Read what is written to a pseudo-terminal; Linux ends it with an error, not with an end of file."""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            os.close(terminal)
            return
        yield chunk


def test_a_command_in_the_background_can_be_ended(company: Company) -> None:
    """Where SIGINT is ignored, as a script's `command &` has it, a run of Dagster leaves SIGTERM in force."""
    company.put(0)
    found = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        company.invoke("load")
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, found)
