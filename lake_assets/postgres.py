"""Connections to the warehouse, and the SQL that stands in `.sql` files beside the code that runs it.

A long statement has a file of its own, `sql/<name>.sql`; the short ones of a package stand together in
`sql/queries.sql`, each under a heading `-- name: <name>`.

What the statements mean belongs to the packages that own them; nothing here knows a table.
"""

import re
from functools import cache
from importlib.resources import files

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from lake_assets.exceptions import ConfigurationError, WarehouseError

OLDEST_SERVER = 160000  # pg_input_is_valid and pg_input_error_info came with PostgreSQL 16
SOFT_COPY_SERVER = 170000  # COPY … ON_ERROR ignore came with PostgreSQL 17

QUERIES = "queries.sql"
_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)

APPLICATION = "lake_assets"
"""How sessions are named; behind it stands the run's id, if a run works in them."""

# PostgreSQL's own things first, then the session's passing tables: nobody else's are found.
SEARCH_PATH = "pg_catalog, pg_temp"

SETTINGS = {
    "search_path": SEARCH_PATH,
    # How a text becomes a value, and a value a text; not lc_monetary, which tells readers what `money` is.
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "timezone_abbreviations": "Default",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "xmloption": "content",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    # What pg_dump sets, too: a policy on rows hides none in silence.
    "row_security": "off",
    # An error ends its statement, and not the session with all that was loaded before.
    "exit_on_error": "off",
    # Nothing ends a load for its length.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}
"""What every session is set to after it was opened, whatever role, database and environment say otherwise.

Each in the words of the server, as it shows them (manual, "Client Connection Defaults").
"""

SINCE = {"idle_session_timeout": 140000, "transaction_timeout": 170000}
"""The first server that knows a setting (release notes); all others are older than the oldest server."""

LIMITS = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
)
"""The settings that can end a session before it was set up."""


def connect(conninfo: str, *, autocommit: bool = False, run_id: str = "") -> psycopg.Connection:
    """Open a session of the warehouse whose settings make the same text always the same value.

    Args:
        conninfo: a libpq connection string or URL of the warehouse; ours come after its own `options`.
        autocommit: commit each statement by itself.
        run_id: of the Dagster run that works in the session, by whose name others see that the run lives.

    Raises:
        ConfigurationError: the server is older than PostgreSQL 16, or does not store UTF-8.
        WarehouseError: no connection could be made, or the session does not take our settings.
    """
    try:
        connection = open_session(conninfo, autocommit=autocommit, run_id=run_id)
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise WarehouseError(
            f"The warehouse does not answer: {reason}{'' if reason.endswith('?') else '.'} "
            "Check LAKE_ASSETS_WAREHOUSE, and that the server is up and lets this user in."
        ) from error
    version = connection.info.server_version
    encoding = connection.info.parameter_status("server_encoding")
    if version < OLDEST_SERVER or encoding != "UTF8":
        connection.close()
        raise ConfigurationError(
            f"The warehouse is PostgreSQL {version // 10000} with encoding {encoding}. "
            "PostgreSQL 16 or later with encoding UTF8 is needed."
        )
    return connection


def open_session(conninfo: str, *, autocommit: bool = False, run_id: str = "") -> psycopg.Connection:
    """Open a session on any server, and set it as `SETTINGS` says.

    Of the variables `PG*` those count that say where the server is, as whom and how to reach it, for what
    `conninfo` leaves out. What they say of the session (`PGOPTIONS`, `PGTZ`, …) is left out or set anew.

    Args:
        conninfo: a libpq connection string or URL; ours come after its own `options`.
        autocommit: commit each statement by itself.
        run_id: of the Dagster run that works in the session.

    Raises:
        psycopg.Error: no connection could be made, or it ends before it is set up.
        WarehouseError: the session does not take our settings.
    """
    application = f"{APPLICATION} {run_id}".strip()
    # An empty text counts as given, and keeps libpq from asking PGOPTIONS.
    options = str(conninfo_to_dict(conninfo).get("options") or "")
    connection = _open(conninfo, options, application)
    version = connection.info.server_version
    try:
        _set_up(connection, application)
    except psycopg.Error:
        # A limit of role or database was over. Not all poolers take options, so they are said only now.
        connection.close()
        limits = " ".join(f"-c {name}={SETTINGS[name]}" for name in LIMITS if SINCE.get(name, 0) <= version)
        connection = _open(conninfo, f"{options} {limits}", application)
        _set_up(connection, application)
    # A stricter default of role or database would hide from a load what it has waited for.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.autocommit = autocommit
    return connection


def _open(conninfo: str, options: str, application: str) -> psycopg.Connection:
    return psycopg.connect(
        conninfo, autocommit=True, options=options, client_encoding="UTF8", application_name=application
    )


def _set_up(connection: psycopg.Connection, application: str) -> None:
    """Set a session up, and see that it took every setting."""
    version = connection.info.server_version
    wanted = {name: value for name, value in SETTINGS.items() if SINCE.get(name, 0) <= version}
    # A pooler may have left out what was said at the start; the server may cut it.
    named = wanted | {"application_name": application}
    values = {"names": list(named), "values": list(named.values())}
    rows = connection.execute(statement(__package__, "set_up_session"), values)
    given: dict[str, str] = dict(rows.fetchall())
    refused = [f"{name} is {given.get(name)!r}" for name, value in wanted.items() if given.get(name) != value]
    if refused:
        connection.close()
        raise WarehouseError(
            f"The warehouse's session does not take what values depend on: {', '.join(refused)}. See what "
            "stands between lake_assets and PostgreSQL; a pooler must pool sessions, not transactions."
        )


def order_dates(connection: psycopg.Connection, order: str) -> None:
    """Read dates that are not written year first in another order until the transaction ends.

    Args:
        connection: a session in a transaction.
        order: `ymd`, with which such a date is refused, `dmy` or `mdy`.
    """
    style = {"style": f"ISO, {order.upper()}"}
    connection.execute(statement(__package__, "order_dates"), style)


def own_schemas(connection: psycopg.Connection) -> list[str]:
    """Return the schemas, in order, in which the session would look for names if its path were not ours.

    Args:
        connection: a session that `connect` or `open_session` has opened.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(statement(__package__, "restore_search_path"))
        row = connection.execute(statement(__package__, "current_schemas")).fetchone()
    return list(row[0]) if row else []


def read_queries(text: str) -> dict[str, str]:
    """Return the statements of a `queries.sql`, by the names in their headings."""
    preamble, *sections = _HEADING.split(text)
    if preamble.strip():
        raise ValueError(f"queries.sql begins without a heading: {preamble.strip()[:60]!r}")
    names, bodies = sections[::2], sections[1::2]
    return {name: body.strip() for name, body in zip(names, bodies, strict=True)}


@cache
def _short_statements(package: str) -> dict[str, str]:
    file = files(package).joinpath("sql", QUERIES)
    return read_queries(file.read_text(encoding="utf-8")) if file.is_file() else {}


@cache
def _text(package: str, name: str) -> str:
    short = _short_statements(package)
    if name in short:
        return short[name]
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def statement(package: str, name: str, **parts: sql.Composable) -> sql.Composed:
    """Return a statement of a package, with identifiers and clauses in its `{places}`.

    Args:
        package: dotted name of the package the statement stands in.
        name: its name in `sql/queries.sql`, or that of its own file without `.sql`.
        parts: composed SQL for each place; values are bound at execution as `%(name)s`, never put in here.
    """
    text = _text(package, name)
    if "%(" in text:
        # A name such as "share %" stands among placeholders, where psycopg reads a lone % as one more.
        parts = {place: sql.SQL(part.as_string().replace("%", "%%")) for place, part in parts.items()}
    return sql.SQL(text).format(**parts)


def holdable(text: str) -> str:
    """Return a text as a `text` of PostgreSQL can hold it, which knows neither NUL nor half a character.

    Args:
        text: words for people, such as what an error says; not data, which is kept to the byte.
    """
    shown = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return shown.encode(errors="backslashreplace").decode()


def type_name(declared: str) -> sql.SQL:
    """Return a column type of the catalog as SQL; the catalog has checked it against its grammar of types."""
    return sql.SQL(declared)
