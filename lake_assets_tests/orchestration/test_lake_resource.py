"""Proves `lake_resource` and the client it makes: settings from the environment, secrets nowhere."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lake_assets.embedded.s3 import S3Server
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.lake.s3_client import make_client
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.lake.tables import CHANGES, HOUR, source_of, table_of


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away every place that boto3 reads credentials from."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.mark.usefixtures("bare_environment")
def test_missing_keys_are_a_fault_of_the_settings(s3_server: S3Server, lake_bucket: LakeBucket) -> None:
    """Listing without credentials says which settings to make."""
    client = make_client(endpoint_url=s3_server.endpoint)

    with pytest.raises(ConfigurationError, match=r"no credentials .* Set AWS_ACCESS_KEY_ID"):
        Lake(client, lake_bucket.bucket).list_folders()


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"endpoint_url": "http://user:open-sesame@127.0.0.1:1"}, "holds a user or a password"),
        ({"endpoint_url": "127.0.0.1"}, "is no address. Write it as https://host"),
        ({"endpoint_url": "http://user:open sesame@a b"}, "is no address. Write it as https://host"),
        ({"profile": "nobody"}, r"No S3 client can be made: The config profile \(nobody\)"),
    ],
)
def test_settings_that_cannot_work_are_refused(options: dict[str, Any], fault: str) -> None:
    """An endpoint or profile that cannot work is refused with the settings to check, and without secrets."""
    with pytest.raises(ConfigurationError, match=fault) as raised:
        make_client(**options)

    assert "AWS_" in str(raised.value)
    assert "sesame" not in f"{raised.value} {raised.value.__cause__}"


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize(
    ("options", "style"),
    [
        ({"endpoint_url": "http://localhost:1"}, "path"),
        ({"region_name": "eu-west-1"}, None),
        ({"region_name": "cn-north-1"}, None),
    ],
)
def test_the_client_is_made_for_its_server(options: dict[str, Any], style: str | None) -> None:
    """Timeouts and the pool are set; buckets stand in the path where the server is not Amazon's."""
    config = make_client(**options).meta.config

    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (10, 60, 10)  # type: ignore[attr-defined]
    assert style == ((config.s3 or {}).get("addressing_style"))  # type: ignore[attr-defined]


def test_dagster_gives_the_lake_with_keys_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, s3_server: S3Server, lake_bucket: LakeBucket
) -> None:
    """In a Dagster run keys and endpoint come from the environment; the config holds no secret."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    lake_bucket.put(f"dms/shop/orders/{CHANGES}", b"1,a\n")
    read: list[bytes] = []

    @dg.asset
    def orders(lake: LakeResource) -> None:
        assert lake.get_client() is lake.get_client()
        listing = lake.lake().list_table(source_of(), table_of(), HOUR, HOUR + ONE_HOUR)
        read.extend(chunk for found in listing.objects for chunk in lake.lake().open(found))

    resource = LakeResource(bucket=lake_bucket.bucket, prefix="dms")

    assert dg.materialize([orders], resources={"lake": resource}).success
    assert read == [b"1,a\n"]
    assert s3_server.secret_key not in repr(resource) + str(resource._convert_to_config_dictionary())


def test_boto3_is_not_imported_before_a_client_is_made() -> None:
    """Importing `lake.s3` does not import boto3, which takes half a second."""
    ask = "import sys, lake_assets.lake.s3; print('boto3' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
