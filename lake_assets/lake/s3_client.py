"""The client of S3, made as the lake needs it; what is asked of it is `lake.s3`'s."""

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError

from lake_assets.exceptions import ConfigurationError

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from mypy_boto3_s3.client import S3Client

CONNECT_SECONDS = 10  # a server that is there answers at once
READ_SECONDS = 60  # between two bytes; boto3's own limit
CONNECTIONS = 10  # boto3's own number: more are never open at once

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def make_client(*, profile: str | None = None, attempts: int = 5, **options: Any) -> "S3Client":
    """Make an S3 client; keys, region and endpoint come from where boto3 reads them (`AWS_*` and its files).

    Args:
        profile: of boto3's files; None for the one they or the environment choose.
        attempts: how often a request is made at most, the first time included.
        options: for boto3's `client`, such as `endpoint_url`, where the environment is not to decide.

    Raises:
        ConfigurationError: the settings that boto3 reads cannot work.
    """
    import boto3.session  # noqa: PLC0415 - takes half a second, and only what reads the lake needs it
    import botocore.session  # noqa: PLC0415 - the same
    from botocore.config import Config  # noqa: PLC0415 - the same

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        # Checksums of whole objects double the client's time per byte, and few stores have them.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        core = botocore.session.Session()
        core.register_component("data_loader", _data_loader())
        session = boto3.session.Session(profile_name=profile, botocore_session=core)
        client: S3Client = session.client("s3", config=config, **options)
        if _host_of(client.meta.endpoint_url).endswith(_AWS_HOSTS):
            return client
        # A server of one's own rarely has a host name for every bucket.
        return session.client("s3", config=config.merge(Config(s3={"addressing_style": "path"})), **options)
    except ValueError:
        # boto3 quotes the endpoint, and a password in it too.
        raise ConfigurationError(
            "AWS_ENDPOINT_URL is no address. Write it as https://host or http://host:port."
        ) from None
    except BotoCoreError as error:
        raise ConfigurationError(f"No S3 client can be made: {error} Check the AWS_* settings.") from error


@cache
def _data_loader() -> "Loader":
    """Return boto3's description of S3, which each client would read anew for a tenth of a second."""
    from botocore.loaders import create_loader  # noqa: PLC0415 - takes half a second

    return create_loader()


def _host_of(endpoint: str) -> str:
    """Return the host of an endpoint, and refuse one with a password, which errors would show."""
    parts = urlsplit(endpoint)
    if parts.username or parts.password:
        raise ConfigurationError(
            "AWS_ENDPOINT_URL holds a user or a password. "
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead."
        )
    return parts.hostname or ""
