"""The demo's lake: three days of real data put into a bucket, once, ending with the last complete hour.

What the files hold is `demo_files`'s. A small JSON object outside the source's folder, the marker, says where
the window lies and whether all of it was written.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from lake_assets.embedded.demo_files import (
    BROKEN_HOUR,
    HOURS,
    MISSING_HOUR,
    SOURCE,
    DemoFile,
    demo_files,
)
from lake_assets.exceptions import LakeError
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour, parse_hour

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MARKER = ".lake_assets/demo.json"  # hidden: a name that starts with a dot is never data
PUTS_AT_ONCE = 8  # below the 10 connections a boto3 client keeps open
HOUR_FIELDS = ("start", "end", "missing_hour", "broken_hour")


@dataclass(frozen=True)
class DemoLake:
    """What the demo's lake holds.

    Attributes:
        start: its first hour.
        end: the hour after its last.
        missing_hour: the hour that lacks its file of `flights`.
        broken_hour: the hour with one bad record in its file of `flights`.
        files: how many files of data there are.
        rows: how many records they hold, the bad one among them.
    """

    start: datetime
    end: datetime
    missing_hour: datetime
    broken_hour: datetime
    files: int
    rows: int

    @classmethod
    def of(cls, start: datetime, written: Sequence[DemoFile]) -> Self:
        """Describe a lake by its first hour and its files."""
        return cls(
            start=start,
            end=start + HOURS * ONE_HOUR,
            missing_hour=start + MISSING_HOUR * ONE_HOUR,
            broken_hour=start + BROKEN_HOUR * ONE_HOUR,
            files=len(written),
            rows=sum(file.records for file in written),
        )


def write_demo_lake(client: "S3Client", bucket: str, now: datetime) -> DemoLake:
    """Put the demo's files into a bucket, or finish what a call began; a finished lake is left alone.

    Args:
        client: of the S3 server.
        bucket: an existing bucket, whose top is the lake.
        now: the present (aware); a lake begun earlier keeps its window.

    Returns:
        What the lake holds.

    Raises:
        ConfigurationError: the package with the data is not installed.
        LakeError: the bucket cannot be read or written.
    """
    try:
        return _write(client, bucket, now)
    except (BotoCoreError, ClientError) as error:
        raise LakeError(
            f"The demo's lake in s3://{bucket} cannot be written: {error}. "
            "See that the bucket is there and takes writes, then start the demo again: it goes on from there."
        ) from error


def demo_catalog(demo: DemoLake) -> str:
    """Return the catalog of the demo's lake, as YAML.

    Args:
        demo: what `write_demo_lake` returned.
    """
    template = files("lake_assets.embedded").joinpath("demo_catalog.yaml").read_text(encoding="utf-8")
    return Template(template).substitute(source=SOURCE, start=format_hour(demo.start))


def _write(client: "S3Client", bucket: str, now: datetime) -> DemoLake:
    marker = _read_marker(client, bucket)
    if marker.get("complete"):
        return _from_marker(marker)
    start = floor_hour(now) - HOURS * ONE_HOUR
    if marker:
        start = parse_hour(marker["start"])
    written = demo_files(start)
    demo = DemoLake.of(start, written)
    _put_marker(client, bucket, demo, complete=False)
    # What an interrupted call has put stays as it is: an object written again would count as changed.
    present = _keys_below(client, bucket, f"{SOURCE}/")
    _put_all(client, bucket, [file for file in written if file.key not in present])
    _put_marker(client, bucket, demo, complete=True)
    return demo


def _keys_below(client: "S3Client", bucket: str, prefix: str) -> set[str]:
    keys: set[str] = set()
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys.update(item["Key"] for item in page.get("Contents", ()))
    return keys


def _put_all(client: "S3Client", bucket: str, written: Sequence[DemoFile]) -> None:
    with ThreadPoolExecutor(max_workers=PUTS_AT_ONCE) as pool:
        puts = [pool.submit(_put, client, bucket, file) for file in written]
        for put in puts:
            put.result()


def _put(client: "S3Client", bucket: str, file: DemoFile) -> None:
    client.put_object(Bucket=bucket, Key=file.key, Body=file.body)


def _read_marker(client: "S3Client", bucket: str) -> dict[str, Any]:
    """Read the marker; one that is not there is empty."""
    if MARKER not in _keys_below(client, bucket, MARKER):
        return {}
    marker: dict[str, Any] = json.loads(client.get_object(Bucket=bucket, Key=MARKER)["Body"].read())
    return marker


def _put_marker(client: "S3Client", bucket: str, demo: DemoLake, *, complete: bool) -> None:
    hours = {name: format_hour(getattr(demo, name)) for name in HOUR_FIELDS}
    marker = {"complete": complete, **hours, "files": demo.files, "rows": demo.rows}
    client.put_object(Bucket=bucket, Key=MARKER, Body=json.dumps(marker, indent=2).encode())


def _from_marker(marker: dict[str, Any]) -> DemoLake:
    hours = {name: parse_hour(marker[name]) for name in HOUR_FIELDS}
    return DemoLake(**hours, files=marker["files"], rows=marker["rows"])
