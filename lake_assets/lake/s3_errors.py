"""Every error of boto3 as one of ours: with the address and the remedy, and without secrets.

What fails a setting fails everything, and is a ConfigurationError; what fails one object is a LakeError.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError

from lake_assets.exceptions import ConfigurationError, LakeError

_NO_ACCESS = (401, 403)
_GONE = 404
_CHANGED = 412
_LOAD_AGAIN = "Load the hour again."


@dataclass(frozen=True)
class Request:
    """What was asked of S3.

    Attributes:
        url: the address of the object, or of the folder that is listed.
        bucket: the bucket's name.
        endpoint: the server's address.
        listing: whether it is a listing, and not an object.
    """

    url: str
    bucket: str
    endpoint: str
    listing: bool


@contextmanager
def errors_of(request: Request) -> Iterator[None]:
    """Raise our errors in the place of boto3's.

    Raises:
        ConfigurationError: the bucket is not there or may not be listed, or the settings cannot work.
        LakeError: S3 cannot be reached, or answers with an error.
    """
    try:
        yield
    except ClientError as error:
        raise _refused(request, error) from error
    except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
        raise ConfigurationError(
            f"There are no credentials to read {request.url} with. Set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or give them to boto3 in another of its ways."
        ) from error
    except (ConnectionError, HTTPClientError, HTTPError) as error:
        raise LakeError(
            f"The S3 server at {request.endpoint} did not answer for {request.url} ({type(error).__name__}). "
            "Check that it runs and can be reached, and AWS_ENDPOINT_URL."
        ) from error
    except BotoCoreError as error:
        raise ConfigurationError(
            f"{request.url} cannot be asked for: {error} Check LAKE_ASSETS_LAKE and the AWS_* settings."
        ) from error


def _refused(request: Request, error: ClientError) -> LakeError | ConfigurationError:
    """Return our error for what S3 answered."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchBucket" or (request.listing and status == _GONE):
        return ConfigurationError(
            f"The bucket {request.bucket!r} does not exist at {request.endpoint}. "
            "Set LAKE_ASSETS_LAKE to s3://bucket/prefix, or AWS_ENDPOINT_URL to the server that has it."
        )
    if status in _NO_ACCESS:
        return _no_access(request, code)
    if status == _GONE:
        return LakeError(f"{request.url} is gone since it was listed. {_LOAD_AGAIN}")
    if status == _CHANGED:
        return changed(request.url)
    if code == "InvalidObjectState":
        return LakeError(f"{request.url} is archived. Restore it from Glacier, then load the hour again.")
    return LakeError(
        f"S3 at {request.endpoint} answered {code or status} for {request.url}. "
        "Check AWS_DEFAULT_REGION and AWS_ENDPOINT_URL, and try again."
    )


def _no_access(request: Request, code: str) -> LakeError | ConfigurationError:
    """Return the error for a right that is missing: which one depends on what was asked for."""
    refused = (
        f"S3 at {request.endpoint} refuses access to {request.url} ({code}). Check AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, and that they are allowed"
    )
    if request.listing:
        return ConfigurationError(f"{refused} s3:ListBucket on the bucket.")
    return LakeError(f"{refused} s3:GetObject on it (and kms:Decrypt).")


def changed(url: str) -> LakeError:
    """Return the error for an object whose bytes are no longer those that were listed."""
    return LakeError(f"{url} was written again since it was listed. {_LOAD_AGAIN}")


def cut_short(url: str, came: int, promised: int) -> LakeError:
    """Return the error for an object of which fewer bytes came than were promised."""
    return LakeError(f"{url} was cut short: {came} of {promised} bytes came. {_LOAD_AGAIN}")
