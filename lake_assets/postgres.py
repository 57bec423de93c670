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

# Whatever role or database say otherwise; not lc_monetary, which tells readers what `money` is, too.
# What pg_dump sets, too: nothing ends a load for its length, and a policy on rows hides none in silence.
SESSION_OPTIONS = (
    "-c timezone=UTC -c timezone_abbreviations=Default -c datestyle=ISO,MDY -c intervalstyle=postgres "
    "-c standard_conforming_strings=on -c array_nulls=on -c xmloption=content -c extra_float_digits=1 "
    "-c bytea_output=hex -c client_encoding=UTF8 -c row_security=off "
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
)


def connect(conninfo: str, *, autocommit: bool = False, run_id: str = "") -> psycopg.Connection:
    """Open a session whose settings make the same text always the same value.

    Args:
        conninfo: a libpq connection string or URL of the warehouse; its own `options` come before ours.
        autocommit: commit each statement by itself.
        run_id: of the Dagster run that works in the session, by whose name others see that the run lives.

    Raises:
        ConfigurationError: the server is older than PostgreSQL 16, or does not store UTF-8.
        WarehouseError: no connection could be made.
    """
    try:
        given = conninfo_to_dict(conninfo).get("options")
        connection = psycopg.connect(
            conninfo,
            autocommit=autocommit,
            options=f"{given or ''} {SESSION_OPTIONS}",
            application_name=f"{APPLICATION} {run_id}".strip(),
        )
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise WarehouseError(
            f"The warehouse does not answer: {reason}{'' if reason.endswith('?') else '.'} "
            "Check LAKE_ASSETS_WAREHOUSE, and that the server is up and lets this user in."
        ) from error
    # A stricter default of role or database would hide from a load what it has waited for.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    version = connection.info.server_version
    encoding = connection.info.parameter_status("server_encoding")
    if version < OLDEST_SERVER or encoding != "UTF8":
        connection.close()
        raise ConfigurationError(
            f"The warehouse is PostgreSQL {version // 10000} with encoding {encoding}. "
            "PostgreSQL 16 or later with encoding UTF8 is needed."
        )
    return connection


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
