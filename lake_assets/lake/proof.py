"""What proves that the bytes of an object are those that S3 listed: its MD5, a checksum of S3's, or its size.

How the bytes come is `lake.object_stream`'s.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any, Literal

from lake_assets.lake.s3_errors import damaged

Proof = Literal["md5", "checksum", "size"]
"""`md5`: the listed entity tag is that of the bytes. `checksum`: a checksum that S3 keeps is. `size`: there
are as many as were listed, and S3 has nothing else to compare them with."""

# The entity tag of an object that was not written in parts: Amazon S3 API reference, "Object".
_MD5 = re.compile(r"[0-9a-f]{32}")

# Of S3 Express One Zone, whose entity tags are never an MD5: "Directory bucket naming rules".
_DIRECTORY_BUCKET = "--x-s3"

_PLAIN = "AES256"
"""Encryption with keys of S3's own, which leaves the entity tag the MD5 of what was written."""

_TELL_OF_ENCRYPTION = re.compile(r"encryption|kms|\bsse\b")
_TELL_NOTHING = re.compile(r"x-amz-meta-.*|.*-bucket-key-enabled|access-control-.*")
"""What whoever wrote the object called it; whether keys are kept a while; what browsers may see."""


@dataclass
class Arrival:
    """What proves the bytes of an object, once they have come.

    Attributes:
        proof: what proves them; None as long as they have not all come.
    """

    proof: Proof | None = None


@dataclass
class Encryption:
    """What is known of how a bucket's objects are encrypted.

    Attributes:
        was_seen: one was met whose entity tag is no MD5 for its encryption; others will be the same.
    """

    was_seen: bool = False


@dataclass
class Digest:
    """The MD5 of bytes that come in pieces. It guards against damage, not against forgery.

    It costs some 2 ms for each MB. A thread for it gains nothing where servers share the cores.
    """

    _md5: Any = field(default_factory=lambda: md5(usedforsecurity=False))

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._md5.update(chunk)

    def compare(self, url: str, etag: str) -> None:
        """See that the bytes are those of an entity tag.

        Raises:
            LakeError: they are not.
        """
        seen = self._md5.hexdigest()
        if seen != etag:
            raise damaged(url, f"their MD5 is {seen}, that of the object {etag}")


def may_be_md5(etag: str, bucket: str) -> bool:
    """Return whether an entity tag looks like the MD5 of an object, which it is unless that is encrypted."""
    return bool(_MD5.fullmatch(etag)) and not bucket.endswith(_DIRECTORY_BUCKET)


def says_encrypted(headers: Mapping[str, str]) -> bool:
    """Return whether an answer tells of an encryption after which the entity tag is no MD5.

    Args:
        headers: the answer's, with names in lower case. Stores other than Amazon's have names of their own
            for it, such as `x-goog-encryption-kms-key-name` or `ibm-sse-kp-enabled`.
    """
    for name, value in headers.items():
        if _TELL_NOTHING.fullmatch(name) or (value == _PLAIN and name.endswith("server-side-encryption")):
            continue
        if _TELL_OF_ENCRYPTION.search(name):
            return True
    return False
