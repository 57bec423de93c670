"""Settings: what the environment says, read and judged.

Each is handed on as a plain value. What a setting is used for belongs to the module that uses it; what a file
`.env` adds to the environment, to `env_file`; the environment that the embedded stack gives its users is made
by `lake_assets.embedded.stack`. Secrets (the warehouse's password, the alert addresses) stay out of every
`repr` and `str`, and out of every error.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from lake_assets.exceptions import ConfigurationError

LAKE = "LAKE_ASSETS_LAKE"
WAREHOUSE = "LAKE_ASSETS_WAREHOUSE"
CATALOG = "LAKE_ASSETS_CATALOG"
ALERTS = "LAKE_ASSETS_ALERTS"
ALERT_QUARANTINED = "LAKE_ASSETS_ALERT_QUARANTINED"
HEARTBEAT_URL = "LAKE_ASSETS_HEARTBEAT_URL"
UI_URL = "LAKE_ASSETS_UI_URL"
DMS_TASKS = "LAKE_ASSETS_DMS_TASKS"
BACKFILL = "LAKE_ASSETS_BACKFILL"
HOME = "LAKE_ASSETS_HOME"
DAGSTER_HOME = "DAGSTER_HOME"

DEFAULT_BACKFILL = 1_000
"""Table-hours of a source that are loaded again within an hour for a new column: some minutes of work."""

WAREHOUSE_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2")
SECRET_PARAMETERS = frozenset({"password", "sslpassword", "oauth_client_secret"})
MASK = "***"
LAKE_REMEDY = "Write it as s3://bucket or s3://bucket/prefix."
WAREHOUSE_REMEDY = (
    "Write it as postgresql://user:password@host:5432/database, with the characters @ : / ? # % of a "
    "password percent-encoded (@ is %40)."
)
HOST = r"(\[[^]]*\]|[^:]*)(:\d*)?"  # of a URL: a name, or an IPv6 address in brackets; its port
# Amazon S3 user guide, "General purpose bucket naming rules".
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class LakePlace:
    """Where the lake is.

    Attributes:
        bucket: name of the S3 bucket.
        prefix: what every key of the lake starts with, without slashes at its ends; may be empty.
    """

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `s3://bucket/prefix`.

        Raises:
            ConfigurationError: the URL is not of that form.
        """
        scheme, _, rest = url.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme != "s3":
            raise ConfigurationError(f"{LAKE}={url!r} does not start with s3://. {LAKE_REMEDY}")
        if not BUCKET_NAME.fullmatch(bucket):
            raise ConfigurationError(f"{LAKE}={url!r}: {bucket!r} is not a bucket's name. {LAKE_REMEDY}")
        return cls(bucket, prefix.strip("/"))

    @property
    def url(self) -> str:
        """The place as people write it: `s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


@dataclass(frozen=True)
class Warehouse:
    """The warehouse's address, whose password no `repr` or `str` shows.

    Attributes:
        conninfo: the address as psycopg and libpq read it, `postgresql://…`; a secret.
    """

    conninfo: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `postgresql://user:password@host:port/database?parameter=value`.

        `postgres://` and the SQLAlchemy spellings with `+psycopg` and `+psycopg2` are taken as well.

        Raises:
            ConfigurationError: the URL is not of that form. It does not quote the URL, for where it is
                malformed nobody can tell which part is the password.
        """
        scheme, separator, rest = url.partition("://")
        if not separator or scheme not in WAREHOUSE_SCHEMES:
            raise ConfigurationError(f"{WAREHOUSE} does not start with postgresql://. {WAREHOUSE_REMEDY}")
        conninfo = f"postgresql://{rest}"
        if not _is_unmistakable(conninfo) or not _is_conninfo(conninfo):
            raise ConfigurationError(f"{WAREHOUSE} is not a PostgreSQL URL. {WAREHOUSE_REMEDY}")
        if not conninfo_to_dict(conninfo).get("dbname"):
            raise ConfigurationError(f"{WAREHOUSE} names no database. {WAREHOUSE_REMEDY}")
        return cls(conninfo)

    @property
    def sqlalchemy_url(self) -> str:
        """The address for SQLAlchemy with psycopg 3, `postgresql+psycopg://…`; a secret.

        Plain `postgresql://` means psycopg2 before SQLAlchemy 2.1 and psycopg 3 from then on.
        """
        return self.conninfo.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def masked(self) -> str:
        """The address with `***` for its password: fit for people and logs."""
        return masked_url(self.conninfo)

    def __str__(self) -> str:
        """Return the address with its password masked."""
        return self.masked


@dataclass(frozen=True)
class Settings:
    """What the environment says, read once.

    Attributes:
        lake: where the lake is; None with the embedded stack.
        warehouse: where the warehouse is; None with the embedded stack.
        catalog: folder of the catalog's YAML files; by default `catalog`, with the embedded stack its own.
        home: folder of the embedded stack's data.
        dagster_home: Dagster's own folder, if it was set.
        alerts: Apprise URLs; secrets.
        alert_quarantined: a table-hour is told of if it has more records than this in quarantine.
        heartbeat_url: called after each run of the judge whose alerts were delivered; a secret; may be empty.
        ui_url: where people see the Dagster UI, for links in alerts; may be empty.
        dms_tasks: ARNs of the DMS replication tasks whose API is asked for evidence.
        backfill: table-hours of a source that are loaded again within an hour for a new column.
    """

    lake: LakePlace | None
    warehouse: Warehouse | None
    catalog: Path
    home: Path
    dagster_home: Path | None = None
    alerts: tuple[str, ...] = field(default=(), repr=False)
    alert_quarantined: int = 0
    heartbeat_url: str = field(default="", repr=False)
    ui_url: str = ""
    dms_tasks: tuple[str, ...] = field(default=(), repr=False)
    backfill: int = DEFAULT_BACKFILL

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; a variable that is empty counts as not set.

        Args:
            environ: the variables, by default those of this process.

        Raises:
            ConfigurationError: a setting is malformed, or only one of lake and warehouse is set.
        """
        lake, warehouse = _lake_and_warehouse(environ)
        home = _folder(environ, HOME) or _absolute(".lake_assets")
        default_catalog = home / "catalog"
        if lake is not None:
            default_catalog = _absolute("catalog")
        return cls(
            lake=lake,
            warehouse=warehouse,
            catalog=_folder(environ, CATALOG) or default_catalog,
            home=home,
            dagster_home=_folder(environ, DAGSTER_HOME),
            alerts=tuple(environ.get(ALERTS, "").split()),
            alert_quarantined=_number(environ, ALERT_QUARANTINED, "records", 0),
            heartbeat_url=_web_address(environ, HEARTBEAT_URL),
            ui_url=_web_address(environ, UI_URL).rstrip("/"),
            dms_tasks=tuple(environ.get(DMS_TASKS, "").split()),
            backfill=_number(environ, BACKFILL, "table-hours", DEFAULT_BACKFILL),
        )

    @property
    def embedded(self) -> bool:
        """Whether the embedded stack stands in for lake and warehouse."""
        return self.lake is None


def masked_url(url: str) -> str:
    """Return a database URL with `***` for every password in it.

    Args:
        url: any database URL; of one that cannot be taken apart, only the scheme is shown.
    """
    scheme, separator, _ = url.partition("://")
    if _is_unmistakable(url):
        parts = urlsplit(url)
        return f"{scheme}://{_masked_login(parts.netloc)}{parts.path}{_masked_query(parts.query)}"
    if separator and scheme in WAREHOUSE_SCHEMES:
        return f"{scheme}://{MASK}"
    return MASK


def _masked_login(netloc: str) -> str:
    """Return `user:password@host:port` with the password masked, if there is one."""
    login, at, place = netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    if not colon:
        return netloc
    return f"{user}:{MASK}{at}{place}"


def _masked_query(query: str) -> str:
    """Return the parameters with the secrets among them masked, and the `?` before them."""
    shown = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() in SECRET_PARAMETERS:
            shown.append((name, MASK))
        else:
            shown.append((name, value))
    if not shown:
        return ""
    return f"?{urlencode(shown, safe='*/')}"


def _is_unmistakable(url: str) -> bool:
    """Return whether a password stands where it should: a raw `/` or `?` in it moves it elsewhere."""
    if "#" in url or not re.match(r"[a-z0-9+]+://", url) or re.search(r"\s", url):
        return False
    before_slash, _, rest = url.partition("://")[2].partition("/")
    authority, _, query = before_slash.partition("?")
    database = rest.partition("?")[0]
    if authority.count("@") > 1 or "@" in database + query:
        return False
    hosts = authority.rpartition("@")[2].split(",")
    return all(re.fullmatch(HOST, host) for host in hosts)


def _is_conninfo(url: str) -> bool:
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        return False
    return True


def _lake_and_warehouse(environ: Mapping[str, str]) -> tuple[LakePlace | None, Warehouse | None]:
    """Return both, or neither where the embedded stack is to stand in for them."""
    lake = environ.get(LAKE, "")
    warehouse = environ.get(WAREHOUSE, "")
    if lake and warehouse:
        return LakePlace.parse(lake), Warehouse.parse(warehouse)
    if lake:
        raise _half_set(present=LAKE, absent=WAREHOUSE)
    if warehouse:
        raise _half_set(present=WAREHOUSE, absent=LAKE)
    return None, None


def _half_set(present: str, absent: str) -> ConfigurationError:
    return ConfigurationError(
        f"{present} is set and {absent} is not. Set {absent} too, or unset {present} to use the "
        "embedded stack."
    )


def _number(environ: Mapping[str, str], name: str, of_what: str, default: int) -> int:
    text = environ.get(name, "") or str(default)
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ConfigurationError(f"{name}={text!r} is not a number of {of_what}. Write it as 0, 10 or 1000.")
    return int(text)


def _web_address(environ: Mapping[str, str], name: str) -> str:
    """Read an address; one that is malformed is not quoted, for it may hold a secret."""
    text = environ.get(name, "")
    if text and not re.fullmatch(r"https?://[^/?#\s][^\s]*", text):
        raise ConfigurationError(f"{name} is not a web address. Write it as https://host/path.")
    return text


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name, "")
    if not text:
        return None
    return _absolute(text)


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()
