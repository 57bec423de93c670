"""Settings: what the environment says, and what it never shows."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from lake_assets.exceptions import ConfigurationError
from lake_assets.settings import LakePlace, Settings, Warehouse, masked_url

LAKE = "s3://bucket/raw/dms"
WAREHOUSE = "postgresql://loader:s3cr3t@db.example:5433/reports?sslmode=require"


def test_nothing_set_means_the_embedded_stack() -> None:
    """Without lake and warehouse the embedded stack is used, with data and catalog in the current folder."""
    settings = Settings.from_env({})
    assert settings.embedded
    assert settings.home == Path.cwd() / ".lake_assets"
    assert settings.catalog == Path.cwd() / ".lake_assets" / "catalog"
    assert settings.dagster_home is None
    assert settings.alerts == ()


def test_everything_set() -> None:
    """Every setting is read from its variable."""
    settings = Settings.from_env(
        {
            "LAKE_ASSETS_LAKE": LAKE,
            "LAKE_ASSETS_WAREHOUSE": WAREHOUSE,
            "LAKE_ASSETS_CATALOG": "/etc/catalog",
            "LAKE_ASSETS_HOME": "/var/lake",
            "LAKE_ASSETS_ALERTS": "mailto://a:b@example.com  slack://token",
            "DAGSTER_HOME": "/var/dagster",
        }
    )
    assert not settings.embedded
    assert settings.lake == LakePlace("bucket", "raw/dms")
    assert settings.warehouse == Warehouse(WAREHOUSE)
    assert (settings.catalog, settings.home) == (Path("/etc/catalog"), Path("/var/lake"))
    assert settings.dagster_home == Path("/var/dagster")
    assert settings.alerts == ("mailto://a:b@example.com", "slack://token")


def test_a_lake_of_ones_own_has_its_catalog_in_the_current_folder() -> None:
    """With lake and warehouse set, the catalog is the folder `catalog` unless another is named."""
    settings = Settings.from_env({"LAKE_ASSETS_LAKE": LAKE, "LAKE_ASSETS_WAREHOUSE": WAREHOUSE})
    assert settings.catalog == Path.cwd() / "catalog"


@pytest.mark.parametrize(
    ("environ", "absent"),
    [({"LAKE_ASSETS_LAKE": LAKE}, "WAREHOUSE"), ({"LAKE_ASSETS_WAREHOUSE": WAREHOUSE}, "LAKE")],
)
def test_half_a_pair_is_refused(environ: dict[str, str], absent: str) -> None:
    """With only one of lake and warehouse set, the error names the other and the remedy."""
    with pytest.raises(ConfigurationError, match=f"Set LAKE_ASSETS_{absent} too") as caught:
        Settings.from_env(environ)
    assert "s3cr3t" not in str(caught.value)


def test_an_empty_variable_counts_as_unset() -> None:
    """A variable set to nothing is the same as no variable."""
    assert Settings.from_env({"LAKE_ASSETS_LAKE": "", "LAKE_ASSETS_CATALOG": ""}) == Settings.from_env({})


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://lake", "lake", ""),
        ("s3://lake/", "lake", ""),
        ("s3://my.lake-1/a/b/", "my.lake-1", "a/b"),
    ],
)
def test_lake_url(url: str, bucket: str, prefix: str) -> None:
    """A lake's URL gives bucket and prefix, whatever slashes stand at its end."""
    assert LakePlace.parse(url) == LakePlace(bucket, prefix)


@pytest.mark.parametrize("url", ["lake", "https://lake/x", "s3://", "s3:///prefix", "s3://Big_Bucket/x"])
def test_a_malformed_lake_url_names_value_and_remedy(url: str) -> None:
    """A malformed lake URL is shown with the form it should have."""
    with pytest.raises(ConfigurationError, match=r"s3://bucket/prefix") as caught:
        LakePlace.parse(url)
    assert repr(url) in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_gives_both_addresses(scheme: str) -> None:
    """Each scheme in use gives an address for psycopg and one for SQLAlchemy on psycopg 3."""
    warehouse = Warehouse.parse(f"{scheme}://loader:p%40ss@db.example:5433/reports?sslmode=require")
    assert conninfo_to_dict(warehouse.conninfo) == {
        "user": "loader",
        "password": "p@ss",
        "host": "db.example",
        "port": "5433",
        "dbname": "reports",
        "sslmode": "require",
    }
    url = make_url(warehouse.sqlalchemy_url)
    assert (url.drivername, url.password, url.database) == ("postgresql+psycopg", "p@ss", "reports")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://loader:s3cr3t@db/reports",
        "postgresql:loader:s3cr3t@db/reports",
        "postgresql://loader:s3cr3t@db",
        "postgresql://loader:s3cr3t/x@db/reports",
        "postgresql://loader:12/s3cr3t@db/reports",
        "postgresql://loader:s3cr3t?x@db/reports",
        "postgresql://loader:s3cr3t#x@db/reports",
        "postgresql://loader:s3cr3t@x@db/reports",
        "postgresql://loader:s3cr3t%zz@db/reports",
        "postgresql://loader:s3cr3t x@db/reports",
        "postgresql://loader:s3cr3t@db/reports?nonsense=1",
    ],
)
def test_a_malformed_warehouse_url_keeps_its_secret(url: str) -> None:
    """A malformed warehouse URL is refused with a remedy, and no part of the password is shown."""
    with pytest.raises(ConfigurationError, match="Write it as postgresql://") as caught:
        Warehouse.parse(url)
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "s3cr3t" not in masked_url(url)


def test_secrets_are_in_no_text() -> None:
    """Neither `repr` nor `str` of the settings shows the password or the alert addresses."""
    settings = Settings.from_env(
        {
            "LAKE_ASSETS_LAKE": LAKE,
            "LAKE_ASSETS_WAREHOUSE": WAREHOUSE + "&password=s3cr3t",
            "LAKE_ASSETS_ALERTS": "slack://s3cr3t",
        }
    )
    assert "s3cr3t" not in f"{settings} {settings!r} {settings.warehouse} {settings.warehouse!r}"
    assert (
        str(settings.warehouse)
        == "postgresql://loader:***@db.example:5433/reports?sslmode=require&password=***"
    )


def test_a_url_without_password_is_shown_as_it_is() -> None:
    """Masking changes nothing where there is no password."""
    assert masked_url("postgresql:///reports?host=/run/pg") == "postgresql:///reports?host=/run/pg"


def test_every_secret_of_a_url_is_masked() -> None:
    """Parameters that hold secrets are masked whatever their case, and all of a URL that is malformed."""
    parameters = "PASSWORD=s3cr3t&sslpassword=s3cr3t&oauth_client_secret=s3cr3t"

    shown = masked_url(f"postgresql://db/reports?{parameters}")

    assert shown == "postgresql://db/reports?PASSWORD=***&sslpassword=***&oauth_client_secret=***"
    assert masked_url("postgresql://db/reports?password =s3cr3t") == "postgresql://***"
