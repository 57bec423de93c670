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
    PaginationError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError

from lake_assets.exceptions import ConfigurationError, IncompleteAnswer, LakeError

_NO_ACCESS = (401, 403)
_GONE = 404
_CHANGED = 412
_LOAD_AGAIN = "Load the hour again."
_LOOK_BETWEEN = "See what stands between here and S3 (a proxy, a cache), then load the hour again."


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
    # The client has brought it by now; by itself it takes a twentieth of a second.
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

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
    except (PaginationError, ResponseParserError) as error:
        raise _unreadable(request, error) from error
    except BotoCoreError as error:
        raise ConfigurationError(
            f"{request.url} cannot be asked for: {error} Check LAKE_ASSETS_LAKE and the AWS_* settings."
        ) from error
    except (ValueError, LookupError) as error:
        # What boto3 raises over a number or time that is none, or over what is missing. Its own errors come
        # first, for some of them are ValueErrors.
        raise _unreadable(request, error) from error


def _unreadable(request: Request, error: Exception) -> IncompleteAnswer:
    """Return our error for an answer that boto3 can make nothing of."""
    first_line = str(error).strip().partition("\n")[0][:200]
    return IncompleteAnswer(
        f"What S3 at {request.endpoint} answered for {request.url} cannot be understood ({first_line}). "
        f"{_LOOK_BETWEEN}"
    )


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


def other_size(url: str, came: int, listed: int) -> LakeError:
    """Return the error for an answer with more or fewer bytes than the object has."""
    return LakeError(f"{url} came with {came} bytes where {listed} were listed. {_LOOK_BETWEEN}")


def other_range(url: str, came: str, due: str) -> LakeError:
    """Return the error for an answer that does not go on where the stream broke off.

    Args:
        url: the object's address.
        came: the range that came, as the answer has it; empty if it has none.
        due: the range that was asked for, written the same way.
    """
    return LakeError(
        f"{url} broke off, and S3 does not go on there: {came or 'no range'} came where {due} was asked for. "
        f"{_LOOK_BETWEEN}"
    )


def damaged(url: str, what: str) -> LakeError:
    """Return the error for bytes that are as many as were listed, and others."""
    return LakeError(
        f"{url}: the bytes that came are not the object's: {what.rstrip('.')}. {_LOOK_BETWEEN} "
        "If that does not help, write the object again."
    )


def incomplete(request: Request, what: str) -> IncompleteAnswer:
    """Return the error for an answer that lacks what must be in it."""
    return IncompleteAnswer(
        f"S3 at {request.endpoint} answered for {request.url} without {what}, so that nobody can tell "
        f"whether all of it came. {_LOOK_BETWEEN}"
    )


def listed_without_etag(url: str) -> IncompleteAnswer:
    """Return the error for an object that the listing has no entity tag of."""
    return IncompleteAnswer(
        f"{url} was listed without an ETag, so that nobody can tell which bytes are meant. {_LOOK_BETWEEN}"
    )


def listed_elsewhere(request: Request, key: str) -> IncompleteAnswer:
    """Return the error for a listing of one folder that names objects of another."""
    return IncompleteAnswer(
        f"S3 at {request.endpoint} was asked to list {request.url} and listed {key!r}. {_LOOK_BETWEEN}"
    )
