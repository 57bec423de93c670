"""The lake in S3: list the objects of a table, stream the bytes of one.

Every error of boto3 becomes one of ours here, with the address and the remedy and without secrets. Which hour
a key belongs to is `lake.layout`'s; what the bytes mean is not known here. Nothing here writes to S3.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
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
from lake_assets.lake.objects import Kind, LakeObject, Listing, UnmatchedObject
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
        folders = prefix.strip("/")
        self._root = f"{folders}/" if folders else ""

    def url(self, target: LakeObject | str) -> str:
        """Return the address of an object or a whole key, such as `s3://bucket/key`."""
        key = target if isinstance(target, str) else target.key
        return f"s3://{self._bucket}/{key}"

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
        items: Iterator[ObjectTypeDef] | None = None
        if page["IsTruncated"] and first is not None and end is not None and end - first <= LONGEST_SPAN:
            items = self._items_of_hours(folder, layout, first, end)
        if items is None:
            items = _items(pages)
        found = {item["Key"]: item for item in chain(page.get("Contents", ()), items)}
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
        after = above + behind if behind else ""
        pages = islice(self._pages(above, after=after), MOST_CONTROL_PAGES)
        return tuple(map(_control_file, _items(pages)))

    def list_folders(self) -> dict[str, tuple[str, ...]]:
        """Return the folders of the tables of every source's folder, all sorted by name.

        DMS's control tables (`awsdms_*`), its validation reports and names beginning with a dot are left out.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        sources = self._folders(self._root)
        return {source: self._folders(f"{self._root}{source}/") for source in sources}

    def _folders(self, above: str) -> tuple[str, ...]:
        found: list[str] = []
        for page in self._pages(above, flat=True):
            found += filter(_is_table, _folders_of(page, above))
        return tuple(sorted(found))

    def _pages(
        self, prefix: str, *, after: str = "", flat: bool = False, most: int | None = None
    ) -> Iterator["ListObjectsV2OutputTypeDef"]:
        bounds: dict[str, Any] = {}
        if after:
            bounds["StartAfter"] = after
        if flat:
            bounds["Delimiter"] = "/"
        paginator = self._client.get_paginator("list_objects_v2")
        size = most or PAGE_KEYS
        with self._errors_of(self.url(prefix), listing=True):
            yield from paginator.paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": size}, **bounds
            )

    def _items_of_hours(
        self, folder: str, layout: Layout, first: datetime, end: datetime
    ) -> "Iterator[ObjectTypeDef] | None":
        """List the parts that can hold these hours; None if listing all is likely no slower."""
        parts: Collection[Part] = parts_of_hours(layout, first, end)
        items: list[ObjectTypeDef] = []
        if isinstance(layout, AutoLayout):
            top = self._look_around(folder)
            items = top.items
            nested: list[Part] = []
            for name in top.other_folders:
                nested += parts_of_folder(name, layout, first, end)
            parts = self._without_empty(folder, dict.fromkeys([*parts, *nested]), top)
        if len(parts) > MOST_PARTS:
            return None
        of_parts = (self._items_of_part(folder, part) for part in parts)
        return chain(items, chain.from_iterable(of_parts))

    def _without_empty(self, folder: str, parts: Iterable[Part], top: "_Top") -> list[Part]:
        """Return the parts that may hold something, by what is known or quickly asked."""
        if top.is_whole:
            return [part for part in parts if part.can_lie_in(top.names)]
        # Of parts with a guard in common, one question spares many.
        guards = dict.fromkeys(part.guard for part in parts if part.guard)
        empty = {guard for guard in guards if self._is_empty(folder + guard)}
        return [part for part in parts if part.guard not in empty]

    def _look_around(self, folder: str) -> "_Top":
        """List what lies right in the folder, but for the many names that begin with 20, if they are many."""
        top = _Top(folder)
        for page in self._pages(folder, flat=True):
            top.take(page)
            if page["IsTruncated"] and top.reaches_century:
                top.is_whole = False
                for behind in self._pages(folder, after=f"{folder}{CENTURY}{BEHIND_ALL}", flat=True):
                    top.take(behind)
                return top
        return top

    def _is_empty(self, prefix: str) -> bool:
        page = next(self._pages(prefix, most=1))
        return not page.get("Contents")

    def _items_of_part(self, folder: str, part: Part) -> Iterator["ObjectTypeDef"]:
        after = folder + part.after if part.after else ""
        return _items(self._pages(folder + part.prefix, after=after, flat=part.flat))

    @contextmanager
    def _errors_of(self, url: str, *, listing: bool = False) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._refused(url, error, listing=listing) from error
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

    def _refused(self, url: str, error: ClientError, *, listing: bool) -> LakeError | ConfigurationError:
        """Return our error for what S3 answered."""
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "NoSuchBucket" or (listing and status == _GONE):
            return ConfigurationError(
                f"The bucket {self._bucket!r} does not exist at {self._endpoint}. "
                "Set LAKE_ASSETS_LAKE to s3://bucket/prefix, or AWS_ENDPOINT_URL to the server that has it."
            )
        if status in _NO_ACCESS:
            return self._no_access(url, code, listing=listing)
        if status == _GONE:
            return LakeError(f"{url} is gone since it was listed. {_LOAD_AGAIN}")
        if status == _CHANGED:
            return LakeError(_changed(url))
        if code == "InvalidObjectState":
            return LakeError(f"{url} is archived. Restore it from Glacier, then load the hour again.")
        return LakeError(
            f"S3 at {self._endpoint} answered {code or status} for {url}. "
            "Check AWS_DEFAULT_REGION and AWS_ENDPOINT_URL, and try again."
        )

    def _no_access(self, url: str, code: str, *, listing: bool) -> LakeError | ConfigurationError:
        """Return the error for a request that needs a right, which depends on what was asked for."""
        refused = f"S3 at {self._endpoint} refuses access to {url} ({code}). Check AWS_ACCESS_KEY_ID and"
        allowed = "AWS_SECRET_ACCESS_KEY, and that they are allowed"
        if listing:
            return ConfigurationError(f"{refused} {allowed} s3:ListBucket on the bucket.")
        return LakeError(f"{refused} {allowed} s3:GetObject on it (and kms:Decrypt).")


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


def _items(pages: "Iterable[ListObjectsV2OutputTypeDef]") -> "Iterator[ObjectTypeDef]":
    for page in pages:
        yield from page.get("Contents", ())


@dataclass
class _Top:
    """What lies right in a table's folder.

    Attributes:
        folder: the table's.
        items: the objects.
        names: of objects and folders, these with a slash behind them.
        is_whole: nothing was passed over.
    """

    folder: str
    items: "list[ObjectTypeDef]" = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    is_whole: bool = True

    def take(self, page: "ListObjectsV2OutputTypeDef") -> None:
        """Add what a page of the listing has."""
        for item in page.get("Contents", ()):
            self.items.append(item)
            self.names.add(item["Key"][len(self.folder) :])
        for name in _folders_of(page, self.folder):
            self.names.add(f"{name}/")

    @property
    def reaches_century(self) -> bool:
        """Whether names that begin with 20, or come behind them, were met."""
        return any(name >= CENTURY for name in self.names)

    @property
    def other_folders(self) -> list[str]:
        """The folders that do not begin with 20, without the slash."""
        folders = [name[:-1] for name in self.names if name.endswith("/")]
        return [name for name in folders if not name.startswith(CENTURY)]


def _control_file(item: "ObjectTypeDef") -> LakeObject:
    hour = floor_hour(item["LastModified"])
    return _lake_object(item, hour, "cdc")


def _lake_object(item: "ObjectTypeDef", hour: datetime, kind: Kind) -> LakeObject:
    return LakeObject(
        key=item["Key"],
        etag=item["ETag"].strip('"'),
        size=item["Size"],
        last_modified=item["LastModified"].astimezone(UTC),
        hour=hour,
        kind=kind,
    )


def _is_table(folder: str) -> bool:
    """Return whether a folder may be a table's or a source's: it is none of DMS's own, and not hidden."""
    if not folder or folder == "s3_validation_failures":
        return False
    return not folder.startswith((".", "awsdms_"))


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
        placed = layout.place(key[len(folder) :], item["LastModified"].astimezone(UTC))
        match placed:
            case Placed(hour, kind):
                if _is_within(hour, first, end):
                    objects.append(_lake_object(item, hour, kind))
            case Unknown(reason):
                unmatched.append(UnmatchedObject(key, reason))
    objects.sort(key=lambda item: (item.hour, item.key))
    unmatched.sort(key=lambda item: item.key)
    return Listing(objects=tuple(objects), unmatched=tuple(unmatched))


def _is_within(hour: datetime, first: datetime | None, end: datetime | None) -> bool:
    if first is not None and hour < first:
        return False
    return end is None or hour < end
