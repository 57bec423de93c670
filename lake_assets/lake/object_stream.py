"""Stream the bytes of one object, and believe none that the listing does not vouch for.

A stream that breaks off is taken up where it stopped. What proves the bytes is settled in `lake.proof`; which
objects there are is `lake.s3`'s.
"""

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ConnectionError,  # noqa: A004 - botocore's own
    FlexibleChecksumError,
    HTTPClientError,
)
from urllib3.exceptions import HTTPError

from lake_assets.lake.objects import LakeObject
from lake_assets.lake.proof import Arrival, Digest, Encryption, Proof, may_be_md5, says_encrypted
from lake_assets.lake.s3_errors import (
    Request,
    changed,
    cut_short,
    damaged,
    errors_of,
    incomplete,
    listed_without_etag,
    other_range,
    other_size,
)

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

# From 256 KiB to 1 MiB read() costs the least time per byte; iter_chunks and the raw stream save nothing.
# Larger blocks go back to the system and are fetched anew each time, which costs a load a tenth of its CPU.
CHUNK_BYTES = 1 << 18

# Seconds before each try to go on, as long as no chunk comes: a proxy that restarts is back within them.
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)

_BROKEN = (ConnectionError, HTTPClientError, HTTPError)


@dataclass
class ObjectStream:
    """One reading of one object, from its first byte to its last.

    Attributes:
        client: asks S3.
        bucket: the bucket's name.
        target: the object, as it was listed.
        request: names it in errors.
        encryption: what is known of the bucket's encryption.
        arrival: is told what proves the bytes, once all have come.
        came: how many bytes came so far.
        digest: of these bytes, where the entity tag is one; None until S3 has answered, or where it is none.
        has_checksum: boto3 compares the bytes with a checksum of S3's.
        tries: how often S3 was asked to go on without as much as a chunk coming.
        broke_at: how many bytes had come when the stream last broke off.
    """

    client: "S3Client"
    bucket: str
    target: LakeObject
    request: Request
    encryption: Encryption
    arrival: Arrival
    came: int = 0
    digest: Digest | None = None
    has_checksum: bool = False
    tries: int = 0
    broke_at: int = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, each once; the last of them only when all are proved.

        Raises:
            LakeError: the bytes are not those that were listed, or S3 failed.
            ConfigurationError: the bucket does not exist, or there are no credentials.
        """
        last = b""
        with closing(self._pieces()) as pieces:
            for chunk in pieces:
                if self.digest is not None:
                    self.digest.update(chunk)
                if self.came < self.target.size:
                    yield chunk
                else:
                    last = chunk
        self.arrival.proof = self._prove()
        if last:
            yield last

    def _pieces(self) -> Generator[bytes]:
        """Yield what comes in whole chunks, going on where the stream broke off.

        How a file is written is told by its first chunk, so a break must not make that shorter.
        """
        body = self._open()
        held = b""
        try:
            while True:
                try:
                    piece = self._read(body, CHUNK_BYTES - len(held))
                except FlexibleChecksumError as error:
                    raise damaged(self.request.url, str(error)) from error
                except (BotoCoreError, HTTPError) as error:
                    body.close()
                    body = self._resume(error)
                    continue
                held = held + piece if held else piece
                if not piece:
                    break
                if len(held) == CHUNK_BYTES:
                    yield held
                    held = b""
        finally:
            body.close()
        if held:
            yield held

    def _read(self, body: "StreamingBody", most: int) -> bytes:
        """Read a piece; empty at the end."""
        try:
            piece = body.read(most)
        except _BROKEN:
            if self.came < self.target.size:
                raise
            # Everything is here, but for the word that it was all; boto3 has compared nothing then.
            self.has_checksum = False
            return b""
        self.came += len(piece)
        if self.came > self.target.size:
            raise other_size(self.request.url, self.came, self.target.size)
        if not piece and self.came < self.target.size:
            raise HTTPError("The stream ended before its time.")
        return piece

    def _open(self) -> "StreamingBody":
        """Ask for the object."""
        if not self.target.etag:
            raise listed_without_etag(self.request.url)
        is_known_opaque = self.encryption.was_seen or not may_be_md5(self.target.etag, self.bucket)
        with errors_of(self.request):
            answer = self._ask(checksum=is_known_opaque)
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            if not is_known_opaque and says_encrypted(headers):
                # The entity tag is no MD5 then; S3 gives its checksums only where they are asked for.
                self.encryption.was_seen = True
                answer["Body"].close()
                answer = self._ask(checksum=True)
                headers = answer["ResponseMetadata"]["HTTPHeaders"]
        body = answer["Body"]
        if may_be_md5(self.target.etag, self.bucket) and not says_encrypted(headers):
            self.digest = Digest()
        self.has_checksum = getattr(body, "checksum", None) is not None
        return body

    def _prove(self) -> Proof:
        """Return what proves all bytes.

        Raises:
            LakeError: they are not those that were listed.
        """
        if self.digest is not None:
            self.digest.compare(self.request.url, self.target.etag)
            return "md5"
        return "checksum" if self.has_checksum else "size"

    def _resume(self, error: Exception) -> "StreamingBody":
        """Ask for what has not come yet.

        Raises:
            LakeError: it did not come, however often it was asked for; or the object has changed.
        """
        self.has_checksum = False
        if self.came - self.broke_at >= CHUNK_BYTES:
            self.tries = 0
        self.broke_at = self.came
        while self.tries < len(PAUSES):
            sleep(PAUSES[self.tries])
            self.tries += 1
            with errors_of(self.request), suppress(*_BROKEN):
                return self._ask()["Body"]
        raise cut_short(self.request.url, self.came, self.target.size) from error

    def _ask(self, *, checksum: bool = False) -> "GetObjectOutputTypeDef":
        """Ask for the bytes from where the stream is, and see that the answer is about them."""
        options: dict[str, Any] = {}
        if checksum:
            options["ChecksumMode"] = "ENABLED"
        if self.came:
            options["Range"] = f"bytes={self.came}-"
        answer = self.client.get_object(
            Bucket=self.bucket, Key=self.target.key, IfMatch=f'"{self.target.etag}"', **options
        )
        try:
            self._check(answer)
        except BaseException:
            answer["Body"].close()
            raise
        return answer

    def _check(self, answer: "GetObjectOutputTypeDef") -> None:
        url, size = self.request.url, self.target.size
        for name, header in (("ContentLength", "Content-Length"), ("ETag", "ETag")):
            if name not in answer:
                raise incomplete(self.request, header)
        # A store that does not know If-Match would give the new bytes.
        if answer["ETag"].strip('"') != self.target.etag:
            raise changed(url)
        if self.came:
            due = f"bytes {self.came}-{size - 1}/{size}"
            came = answer.get("ContentRange", "")
            if came != due:
                raise other_range(url, came, due)
        if self.came + answer["ContentLength"] != size:
            raise other_size(url, self.came + answer["ContentLength"], size)
