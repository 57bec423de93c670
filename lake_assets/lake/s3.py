"""The lake in S3: list the objects of a table, stream the bytes of one.

Which hour a key belongs to is `lake.layout`'s, and what is worth listing for a few hours `lake.prefixes`'s;
what the bytes mean is not known here. The client comes from `lake.s3_client`. Nothing here writes to S3.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import floor_hour
from lake_assets.lake.auto_layout import AutoLayout
from lake_assets.lake.dates import CENTURY
from lake_assets.lake.layout import read_layout
from lake_assets.lake.object_stream import ObjectStream
from lake_assets.lake.objects import FolderLook, Kind, LakeObject, Listing, UnmatchedObject
from lake_assets.lake.partitions import (
    MOST_ASKED,
    fault_partitions,
    has_strange_changes,
    partitions_of,
)
from lake_assets.lake.placement import Layout, Placed, Unknown, is_temporary
from lake_assets.lake.prefixes import BEHIND_ALL, LONGEST_SPAN, Part, parts_of_folder, parts_of_hours
from lake_assets.lake.proof import Arrival, Encryption
from lake_assets.lake.s3_errors import Request, errors_of, incomplete, listed_elsewhere

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ObjectTypeDef

DUE_OF_OBJECTS: tuple[str, ...] = ("Key", "Size", "LastModified")
"""What must be known of an object to tell its hour; what else is missing costs that hour alone."""

PAGE_KEYS = 1000  # the most that S3 gives in one answer

# A page of 1000 keys takes S3 about as long as five empty answers: with more parts, all is listed as fast.
MOST_PARTS = 200

MOST_CONTROL_PAGES = 20  # a file a minute for two weeks


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
        self._encryption = Encryption()

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
        listing = _sort_into_hours(found, folder, layout, first, end)
        if isinstance(layout, AutoLayout):
            return self._fault_other_tables(listing, folder)
        return listing

    def _fault_other_tables(self, listing: Listing, folder: str) -> Listing:
        """Return a listing in which full loads of other tables, lying where partitions may, have a fault."""
        partitions = partitions_of(listing, folder)
        if not partitions:
            return listing
        # Changes, and folders of dates for them, begin with the century.
        asked = (f"{folder}{name}/{CENTURY}" for name in partitions[:MOST_ASKED])
        is_mixed = has_strange_changes(listing, folder) or not all(map(self._is_empty, asked))
        return fault_partitions(listing, folder) if is_mixed else listing

    def open(self, target: LakeObject, arrival: Arrival | None = None) -> Iterator[bytes]:
        """Stream the bytes of an object as they are stored, in chunks of about 256 KiB.

        S3 is asked at the first step of the iterator. Its end, or closing it, ends the transfer. The last
        chunk comes only when all bytes are proved to be those that were listed.

        Args:
            target: as it was listed; bytes written since are never given.
            arrival: is told what proves the bytes.

        Raises:
            LakeError: the object is gone or has changed since it was listed, came cut short or damaged, or S3
                failed.
            ConfigurationError: the bucket does not exist, or there are no credentials.
        """
        stream = ObjectStream(
            client=self._client,
            bucket=self._bucket,
            target=target,
            request=self._request(self.url(target), listing=False),
            encryption=self._encryption,
            arrival=arrival or Arrival(),
        )
        yield from stream.chunks()

    def _request(self, url: str, *, listing: bool) -> Request:
        endpoint = self._client.meta.endpoint_url
        return Request(url=url, bucket=self._bucket, endpoint=endpoint, listing=listing)

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
        return {source: self.list_folders_of(source) for source in self.list_sources()}

    def list_sources(self) -> tuple[str, ...]:
        """Return the folders right in the lake, sorted by name: those of sources, and others.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        return self._folders(self._root)

    def list_folders_of(self, source: str) -> tuple[str, ...]:
        """Return the folders of the tables in a source's folder, sorted by name; none where it is not there.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        return self._folders(f"{self._root}{source}/")

    def list_keys(self, folder: str) -> Iterator[list[str]]:
        """Yield the whole keys of all objects in a folder below the lake's top, some at a time.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        for page in self._pages(f"{self._root}{folder}/"):
            yield [item["Key"] for item in page.get("Contents", ())]

    def has(self, key: str) -> bool:
        """Return whether there is an object of a whole key, by a list: reading may not be allowed.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        page = next(self._pages(key, most=1))
        return any(item["Key"] == key for item in page.get("Contents", ()))

    def _folders(self, above: str) -> tuple[str, ...]:
        found: list[str] = []
        for page in self._pages(above, flat=True):
            found += filter(is_table_folder, _folders_of(page, above))
        return tuple(sorted(found))

    @property
    def top(self) -> str:
        """The lake's address, such as `s3://bucket/prefix`."""
        return self.url(self._root).rstrip("/")

    def above(self, steps: int) -> str:
        """Return the address of a folder above the lake's top; empty if there is none so far up."""
        folders = self._root.rstrip("/").split("/") if self._root else []
        if steps > len(folders):
            return ""
        return self.url("/".join(folders[: len(folders) - steps])).rstrip("/")

    def look_in(self, folder: str, *, all_pages: bool = True) -> FolderLook:
        """Look at what lies right in a folder, whatever is below.

        Args:
            folder: below the lake's top, without a slash behind it; empty for the top itself.
            all_pages: false for the first 1000 names alone.

        Raises:
            ConfigurationError: the bucket does not exist or may not be listed.
            LakeError: S3 cannot be reached, or answers with an error.
        """
        return self._look(folder, flat=True, all_pages=all_pages)

    def look_below(self, folder: str) -> FolderLook:
        """Look at the first 1000 objects in a folder, at any depth; see `look_in`."""
        return self._look(folder, flat=False, all_pages=False)

    def _look(self, folder: str, *, flat: bool, all_pages: bool) -> FolderLook:
        above = f"{self._root}{folder}/" if folder else self._root
        objects: list[str] = []
        folders: list[str] = []
        is_whole = True
        for page in self._pages(above, flat=flat):
            keys = [item["Key"] for item in page.get("Contents", ())]
            objects += [key[len(above) :] for key in keys if not key.endswith("/")]
            folders += _folders_of(page, above)
            is_whole = not page["IsTruncated"]
            if not all_pages:
                break
        return FolderLook(objects=tuple(objects), folders=tuple(sorted(folders)), is_whole=is_whole)

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
        request = self._request(self.url(prefix), listing=True)
        with errors_of(request):
            pages = paginator.paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": size}, **bounds
            )
            for page in pages:
                _check_page(page, prefix, request)
                yield page

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


def _check_page(page: "ListObjectsV2OutputTypeDef", prefix: str, request: Request) -> None:
    """See that a page of a listing has what every page has; a part that is not said must not pass for empty.

    Raises:
        IncompleteAnswer: it has not, or is about another folder.
    """
    if "IsTruncated" not in page:
        raise incomplete(request, "IsTruncated")
    if page["IsTruncated"] and not page.get("NextContinuationToken"):
        raise incomplete(request, "NextContinuationToken on a page that is not the last")
    for item in page.get("Contents", ()):
        for name in DUE_OF_OBJECTS:
            if name not in item:
                raise incomplete(request, f"the {name} of an object")
    _check_keys(page, prefix, request)


def _check_keys(page: "ListObjectsV2OutputTypeDef", prefix: str, request: Request) -> None:
    keys = [item["Key"] for item in page.get("Contents", ())]
    keys += [found.get("Prefix", "") for found in page.get("CommonPrefixes", ())]
    for key in keys:
        if not key.startswith(prefix):
            raise listed_elsewhere(request, key)


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
        etag=item.get("ETag", "").strip('"'),  # without one, reading it fails the hour and no other
        size=item["Size"],
        last_modified=item["LastModified"].astimezone(UTC),
        hour=hour,
        kind=kind,
    )


def is_table_folder(folder: str) -> bool:
    """Return whether a folder may be a table's or a source's: it is none of DMS's own, and not hidden."""
    if not folder or folder == "s3_validation_failures" or is_temporary(folder):
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
