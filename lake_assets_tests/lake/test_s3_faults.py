"""Proves what `lake.s3` says when the lake changes, breaks off or refuses: every fault is a real one."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lake_assets.embedded.s3 import S3Server
from lake_assets.exceptions import ConfigurationError, LakeError
from lake_assets.lake import object_stream
from lake_assets.lake.object_stream import CHUNK_BYTES
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.lake.tables import CHANGES, HOUR, client_of, source_of, table_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def test_an_object_deleted_since_it_was_listed_is_gone(
    put_changes: Callable[[bytes], LakeObject], lake: Lake, lake_bucket: LakeBucket
) -> None:
    """Reading an object that was deleted since names its address and the remedy."""
    listed = put_changes(b"1,a\n")
    lake_bucket.delete(listed.key)

    with pytest.raises(LakeError) as raised:
        next(lake.open(listed))

    assert f"{lake.url(listed)} is gone since it was listed. Load the hour again." == str(raised.value)


def test_an_object_written_since_it_was_listed_is_not_read(
    put_changes: Callable[[bytes], LakeObject], lake: Lake
) -> None:
    """Reading an object that was written again since gives no byte, and names its address and the remedy."""
    listed = put_changes(b"1,a\n")
    put_changes(b"2,b\n")

    with pytest.raises(LakeError) as raised:
        next(lake.open(listed))

    assert f"{lake.url(listed)} was written again since it was listed. Load the hour again." == str(
        raised.value
    )


def test_a_store_without_if_match_cannot_pass_other_bytes_off(
    put_changes: Callable[[bytes], LakeObject], lake: Lake, client: "S3Client"
) -> None:
    """If the condition is lost on its way, the answer's entity tag still tells of the change."""
    client.meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: params["headers"].pop("If-Match") and None
    )
    listed = put_changes(b"1,a\n")
    put_changes(b"2,b\n")

    with pytest.raises(LakeError, match="was written again since it was listed"):
        next(lake.open(listed))


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[S3Server]:
    """Run an S3 server that the test may stop."""
    server = S3Server(tmp_path / "s3")
    server.start()
    yield server
    server.stop()


def test_a_server_that_stops_is_told(own_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that breaks off says how much came; then listing and reading name the endpoint."""
    monkeypatch.setattr(object_stream, "PAUSES", (0.0, 0.0))
    client = client_of(own_server)
    lake = Lake(client, "lake")
    client.create_bucket(Bucket="lake")
    client.put_object(Bucket="lake", Key=f"shop/orders/{CHANGES}", Body=bytes(64 * CHUNK_BYTES))
    (listed,) = lake.list_table(source_of(), table_of()).objects
    chunks = lake.open(listed)
    next(chunks)

    own_server.stop()

    with pytest.raises(
        LakeError, match=rf"{lake.url(listed)} was cut short: \d+ of {64 * CHUNK_BYTES} bytes"
    ) as cut:
        sum(map(len, chunks))
    assert str(cut.value).endswith("Load the hour again.")
    refused = rf"The S3 server at {own_server.endpoint} did not answer .*AWS_ENDPOINT_URL"
    with pytest.raises(LakeError, match=refused):
        next(lake.open(listed))
    with pytest.raises(LakeError, match=refused) as down:
        lake.list_table(source_of(), table_of())
    assert own_server.secret_key not in f"{cut.value!r} {down.value!r}"


def test_a_missing_bucket_is_a_fault_of_the_settings(client: "S3Client", s3_server: S3Server) -> None:
    """Listing a bucket that does not exist names it, the endpoint and the setting."""
    lake = Lake(client, "no-such-bucket")

    for ask in (lambda: lake.list_table(source_of(), table_of()), lake.list_folders):
        with pytest.raises(ConfigurationError) as raised:
            ask()
        assert f"'no-such-bucket' does not exist at {s3_server.endpoint}. Set LAKE_ASSETS_LAKE" in str(
            raised.value
        )


def test_wrong_keys_are_a_fault_of_the_settings(s3_server: S3Server, lake_bucket: LakeBucket) -> None:
    """With a wrong secret the settings are named and the secret is not; reading fails that hour alone."""
    wrong = os.urandom(20).hex()
    lake = Lake(client_of(s3_server, aws_secret_access_key=wrong), lake_bucket.bucket)
    listed = LakeObject("shop/orders/x", "00", 1, HOUR, HOUR, "cdc")

    with pytest.raises(
        ConfigurationError, match=r"refuses access .*AWS_SECRET_ACCESS_KEY.* s3:ListBucket"
    ) as raised:
        lake.list_folders()
    with pytest.raises(LakeError, match=r"refuses access .*AWS_SECRET_ACCESS_KEY.* s3:GetObject"):
        next(lake.open(listed))
    assert wrong not in str(raised.value)
