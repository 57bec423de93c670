"""The lake in S3: list the objects of a table, stream the bytes of one.

Every error of boto3 becomes one of ours here, with the address and the remedy and without secrets. Which hour
a key belongs to is `lake.layout`'s; what the bytes mean is not known here. Nothing here writes to S3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

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

from lake_assets.catalog.models import Source, Table
from lake_assets.exceptions import ConfigurationError, LakeError
from lake_assets.hours import floor_hour
from lake_assets.lake.layout import CENTURY, AutoLayout, Layout, Placed, Unknown, read_layout
from lake_assets.lake.objects import LakeObject, Listing, UnmatchedObject
from lake_assets.lake.prefixes import BEHIND_ALL, LONGEST_SPAN, Part, parts_of_folder, parts_of_hours

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ObjectTypeDef

# From 256 KiB to 1 MiB read() costs the least time per byte; iter_chunks and the raw stream save nothing.
# Larger blocks go back to the system and are fetched anew each time, which costs a load a tenth of its CPU.
CHUNK_BYTES = 1 << 18
PAGE_KEYS = 1000  # the most that S3 gives in one answer

# A page of 1000 keys takes S3 about as long as five empty answers: with more parts, all is listed as fast.
MOST_PARTS = 200

MOST_CONTROL_PAGES = 20  # a file a minute for two weeks

CONNECT_SECONDS = 10
READ_SECONDS = 60
CONNECTIONS = 10

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_NO_ACCESS = (401, 403)
_GONE = 404
_CHANGED = 412
_LOAD_AGAIN = "Load the hour again."


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


class Lake:
    """One bucket, or a folder of it, whose folders are sources and whose subfolders are tables."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str = "") -> None:
        """Keep what is needed; nothing is asked of S3 yet.

        Args:
            client: a boto3 S3 client; it may be shared between threads.
            bucket: the bucket's name.
            prefix: folders above the sources, with or without slashes around it; empty for none.
        """
        self._client = client
        self._bucket = bucket
        self._root = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def url(self, target: LakeObject | str) -> str:
        """Return the address of an object or a whole key, such as `s3://bucket/key`."""
        return f"s3://{self._bucket}/{target if isinstance(target, str) else target.key}"

    def list_table(
        self, source: Source | str, table: Table, first: datetime | None = None, end: datetime | None = None
    ) -> Listing:
        """List the objects of a table.

        A folder of up to 1000 keys is listed whole. In a larger one, for up to 72 hours, only the parts that
        can hold those hours are listed: the objects are the same, but unmatched elsewhere are not seen.

        Args:
            source: the table's source, or the name of its folder.
            table: the table.
            first: the first hour wanted (UTC); None for no bound.
            end: the hour after the last (UTC); None for no bound.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed, or the layout cannot work.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        above = source if isinstance(source, str) else source.folder
        folder = f"{self._root}{above}/{table.folder}/"
        layout = read_layout(table.files.layout, table.files.timezone, table.folder)
        pages = self._pages(folder)
        page = next(pages)
        found = {item["Key"]: item for item in page.get("Contents", ())}
        narrow = None
        if page["IsTruncated"] and first is not None and end is not None and end - first <= LONGEST_SPAN:
            narrow = self._narrow(folder, layout, first, end)
        if narrow is None:
            narrow = chain.from_iterable(rest.get("Contents", ()) for rest in pages)
        found |= {item["Key"]: item for item in narrow}
        return _sort_into_hours(found, folder, layout, first, end)

    def open(self, target: LakeObject) -> Iterator[bytes]:
        """Stream the bytes of an object as they are stored, in chunks of about 256 KiB.

        S3 is asked at the first step of the iterator. Its end, or closing it, ends the transfer.

        Args:
            target: as it was listed; bytes written since are never given.

        Raises:
            LakeError: the object is gone or has changed since it was listed, came cut short, or S3 failed.
            ConfigurationError: the bucket does not exist, or there are no credentials.
        """
        url = self.url(target)
        with self._errors_of(url):
            answer = self._client.get_object(Bucket=self._bucket, Key=target.key, IfMatch=f'"{target.etag}"')
        body, promised, came = answer["Body"], answer["ContentLength"], 0
        try:
            # A store that does not know If-Match would give the new bytes.
            if answer["ETag"].strip('"') != target.etag:
                raise LakeError(_changed(url))
            while chunk := body.read(CHUNK_BYTES):
                came += len(chunk)
                yield chunk
        except (BotoCoreError, HTTPError) as error:
            raise LakeError(_cut_short(url, came, promised)) from error
        finally:
            body.close()

    def list_control(self, folder: str, *, behind: str = "") -> tuple[LakeObject, ...]:
        """List the files of a control table of DMS, such as `awsdms_status`, in the order of their names.

        Args:
            folder: its folder below the lake's top, such as `shop/awsdms_status`.
            behind: only names behind this one; of very many, the first 20,000.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        above = f"{self._root}{folder}/"
        pages = islice(self._pages(above, after=above + behind if behind else ""), MOST_CONTROL_PAGES)
        items = chain.from_iterable(page.get("Contents", ()) for page in pages)
        return tuple(_control_file(item) for item in items)

    def list_folders(self) -> dict[str, tuple[str, ...]]:
        """Return the folders of the tables of every source's folder, all sorted by name.

        DMS's control tables (`awsdms_*`), its validation reports and names beginning with a dot are left out.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        return {source: self._folders(f"{self._root}{source}/") for source in self._folders(self._root)}

    def _folders(self, above: str) -> tuple[str, ...]:
        pages = self._pages(above, flat=True)
        names = chain.from_iterable(_folders_of(page, above) for page in pages)
        return tuple(sorted(name for name in names if name and not _is_never_a_table(name)))

    def _pages(
        self, prefix: str, *, after: str = "", flat: bool = False, most: int | None = None
    ) -> Iterator["ListObjectsV2OutputTypeDef"]:
        bounds: dict[str, Any] = {"StartAfter": after} if after else {}
        bounds |= {"Delimiter": "/"} if flat else {}
        with self._errors_of(self.url(prefix), listing=True):
            yield from self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": most or PAGE_KEYS}, **bounds
            )

    def _narrow(
        self, folder: str, layout: Layout, first: datetime, end: datetime
    ) -> "Iterator[ObjectTypeDef] | None":
        """List the parts that can hold these hours; None if listing all is likely no slower."""
        parts = dict.fromkeys(parts_of_hours(layout, first, end))
        items: list[ObjectTypeDef] = []
        if isinstance(layout, AutoLayout):
            items, names, all_seen = self._look_around(folder)
            for name in names:
                if name.endswith("/") and not name.startswith(CENTURY):
                    parts |= dict.fromkeys(parts_of_folder(name[:-1], layout, first, end))
            if all_seen:
                parts = dict.fromkeys(part for part in parts if part.can_lie_in(names))
            else:
                guards = {part.guard for part in parts if part.guard}
                empty = {guard for guard in guards if self._is_empty(folder + guard)}
                parts = dict.fromkeys(part for part in parts if part.guard not in empty)
        if len(parts) > MOST_PARTS:
            return None
        return chain(items, chain.from_iterable(self._items_of(folder, part) for part in parts))

    def _look_around(self, folder: str) -> "tuple[list[ObjectTypeDef], set[str], bool]":
        """List what lies right in the folder, but for the many names that begin with 20, if they are many.

        Returns:
            The objects; the names of them and of folders (with a slash behind them); whether these are all.
        """
        items: list[ObjectTypeDef] = []
        names: set[str] = set()
        for page in self._pages(folder, flat=True):
            _take(page, folder, items, names)
            if page["IsTruncated"] and any(name >= CENTURY for name in names):
                for behind in self._pages(folder, after=f"{folder}{CENTURY}{BEHIND_ALL}", flat=True):
                    _take(behind, folder, items, names)
                return items, names, False
        return items, names, True

    def _is_empty(self, prefix: str) -> bool:
        return not next(self._pages(prefix, most=1)).get("Contents")

    def _items_of(self, folder: str, part: Part) -> Iterator["ObjectTypeDef"]:
        after = folder + part.after if part.after else ""
        for page in self._pages(folder + part.prefix, after=after, flat=part.flat):
            yield from page.get("Contents", ())

    @contextmanager
    def _errors_of(self, url: str, *, listing: bool = False) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            self._refused(url, error, listing=listing)
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
            raise ConfigurationError(
                f"There are no credentials to read {url} with. Set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or give them to boto3 in another of its ways."
            ) from error
        except (ConnectionError, HTTPClientError, HTTPError) as error:
            raise LakeError(
                f"The S3 server at {self._endpoint} did not answer for {url} ({type(error).__name__}). "
                "Check that it runs and can be reached, and AWS_ENDPOINT_URL."
            ) from error
        except BotoCoreError as error:
            raise ConfigurationError(
                f"{url} cannot be asked for: {error} Check LAKE_ASSETS_LAKE and the AWS_* settings."
            ) from error

    @property
    def _endpoint(self) -> str:
        return self._client.meta.endpoint_url

    def _refused(self, url: str, error: ClientError, *, listing: bool) -> NoReturn:
        """Raise our error for what S3 answered."""
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "NoSuchBucket" or (listing and status == _GONE):
            raise ConfigurationError(
                f"The bucket {self._bucket!r} does not exist at {self._endpoint}. "
                "Set LAKE_ASSETS_LAKE to s3://bucket/prefix, or AWS_ENDPOINT_URL to the server that has it."
            ) from error
        if status == _GONE:
            raise LakeError(f"{url} is gone since it was listed. {_LOAD_AGAIN}") from error
        if status == _CHANGED:
            raise LakeError(_changed(url)) from error
        if code == "InvalidObjectState":
            raise LakeError(
                f"{url} is archived. Restore it from Glacier, then load the hour again."
            ) from error
        if status in _NO_ACCESS:
            right = "s3:ListBucket on the bucket" if listing else "s3:GetObject on it (and kms:Decrypt)"
            kind = ConfigurationError if listing else LakeError
            raise kind(
                f"S3 at {self._endpoint} refuses access to {url} ({code}). Check AWS_ACCESS_KEY_ID and "
                f"AWS_SECRET_ACCESS_KEY, and that they are allowed {right}."
            ) from error
        raise LakeError(
            f"S3 at {self._endpoint} answered {code or status} for {url}. "
            "Check AWS_DEFAULT_REGION and AWS_ENDPOINT_URL, and try again."
        ) from error


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


def _changed(url: str) -> str:
    return f"{url} was written again since it was listed. {_LOAD_AGAIN}"


def _cut_short(url: str, came: int, promised: int) -> str:
    return f"{url} was cut short: {came} of {promised} bytes came. {_LOAD_AGAIN}"


def _folders_of(page: "ListObjectsV2OutputTypeDef", above: str) -> Iterator[str]:
    return (found["Prefix"][len(above) : -1] for found in page.get("CommonPrefixes", ()))


def _take(
    page: "ListObjectsV2OutputTypeDef", above: str, items: "list[ObjectTypeDef]", names: set[str]
) -> None:
    items += page.get("Contents", ())
    names |= {item["Key"][len(above) :] for item in page.get("Contents", ())}
    names |= {f"{folder}/" for folder in _folders_of(page, above)}


def _control_file(item: "ObjectTypeDef") -> LakeObject:
    written = item["LastModified"].astimezone(UTC)
    return LakeObject(item["Key"], item["ETag"].strip('"'), item["Size"], written, floor_hour(written), "cdc")


def _is_never_a_table(name: str) -> bool:
    return name.startswith((".", "awsdms_")) or name == "s3_validation_failures"


def _sort_into_hours(
    found: "dict[str, ObjectTypeDef]",
    folder: str,
    layout: Layout,
    first: datetime | None,
    end: datetime | None,
) -> Listing:
    objects: list[LakeObject] = []
    unmatched: list[UnmatchedObject] = []
    for key, item in found.items():
        written = item["LastModified"].astimezone(UTC)
        match layout.place(key[len(folder) :], written):
            case Placed(hour, kind) if (first is None or first <= hour) and (end is None or hour < end):
                objects.append(LakeObject(key, item["ETag"].strip('"'), item["Size"], written, hour, kind))
            case Unknown(reason):
                unmatched.append(UnmatchedObject(key, reason))
    objects.sort(key=lambda item: (item.hour, item.key))
    unmatched.sort(key=lambda item: item.key)
    return Listing(tuple(objects), tuple(unmatched))
