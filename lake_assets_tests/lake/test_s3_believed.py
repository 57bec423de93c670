"""Proves that nothing S3 says is believed: wrong, short, empty, foreign and broken answers on the wire."""

import io
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from boto3.s3.transfer import TransferConfig

from lake_assets.exceptions import IncompleteAnswer, LakeError
from lake_assets.lake import object_stream
from lake_assets.lake.object_stream import CHUNK_BYTES
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.proof import Arrival, says_encrypted
from lake_assets.lake.s3 import Lake
from lake_assets_tests.fix_lake import LakeBucket
from lake_assets_tests.fix_proxy import Answer, FaultyProxy
from lake_assets_tests.lake.tables import CHANGES, client_of, source_of, table_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

BODY = b"".join(b"%d,row %d\n" % (number, number) for number in range(100_000))
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>\n"
OTHER_ETAG = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def client(faulty_s3: FaultyProxy) -> "S3Client":
    """Make the program's client, behind the proxy."""
    return client_of(faulty_s3)


@pytest.fixture
def listed(put_changes: Callable[[bytes], LakeObject]) -> LakeObject:
    """Write a file of changes of many chunks, and list it."""
    return put_changes(BODY)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait before a stream is taken up again."""
    monkeypatch.setattr(object_stream, "PAUSES", (0.0,) * len(object_stream.PAUSES))


def read(lake: Lake, listed: LakeObject) -> tuple[bytes, str | None]:
    """Read an object, and return its bytes and what proves them."""
    arrival = Arrival()
    return b"".join(lake.open(listed, arrival)), arrival.proof


def test_bytes_that_are_the_listed_ones_are_proved_by_their_md5(lake: Lake, listed: LakeObject) -> None:
    """An object that was not written in parts comes whole, and is told to be proved by its MD5."""
    assert read(lake, listed) == (BODY, "md5")


def test_an_empty_object_is_proved_too(lake: Lake, put_changes: Callable[[bytes], LakeObject]) -> None:
    """Zero bytes have an MD5 as well."""
    assert read(lake, put_changes(b"")) == (b"", "md5")


def cut_at_a_line_end(answer: Answer) -> None:
    """Let a part of the records be all, and say so."""
    answer.give(BODY[: BODY.index(b"\n", len(BODY) // 3) + 1])


def flip_a_bit(answer: Answer) -> None:
    """Let one digit be another."""
    place = len(answer.body) // 2
    answer.body = answer.body[:place] + bytes([answer.body[place] ^ 1]) + answer.body[place + 1 :]


def flip_the_last_bit(answer: Answer) -> None:
    """Let the last byte be another."""
    answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])


def swap(answer: Answer) -> None:
    """Let another object of the same size come under this one's entity tag, its own checksum with it."""
    answer.body = BODY[::-1]
    answer.headers["x-amz-checksum-sha256"] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_at_a_line_end, r"came with \d+ bytes where \d+ were listed"),
        (lambda answer: answer.give(b""), r"came with 0 bytes where \d+ were listed"),
        (lambda answer: answer.give(HTML), r"came with 51 bytes where \d+ were listed"),
        (lambda answer: answer.give(BODY + b"1,more\n"), r"came with \d+ bytes where \d+ were listed"),
        (flip_a_bit, r"their MD5 is [0-9a-f]{32}, that of the object [0-9a-f]{32}"),
        (flip_the_last_bit, r"their MD5 is [0-9a-f]{32}, that of the object [0-9a-f]{32}"),
        (swap, r"their MD5 is [0-9a-f]{32}, that of the object [0-9a-f]{32}"),
    ],
)
def test_bytes_that_are_not_the_listed_ones_are_not_believed(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, spoil: Callable[[Answer], None], said: str
) -> None:
    """Whatever else comes under the right entity tag is refused with both values, before its last chunk."""
    faulty_s3.spoil_objects(spoil)
    came: list[bytes] = []

    with pytest.raises(LakeError, match=said) as raised:
        came.extend(lake.open(listed))

    assert sum(map(len, came)) < len(BODY)
    assert lake.url(listed) in str(raised.value)
    assert "load the hour again" in str(raised.value)


def test_a_file_of_one_chunk_is_not_handed_out_before_it_is_proved(
    lake: Lake, put_changes: Callable[[bytes], LakeObject], faulty_s3: FaultyProxy
) -> None:
    """Who reads only a small file's beginning reads no wrong byte either."""
    listed = put_changes(b"1,a\n2,b\n")
    faulty_s3.spoil_objects(flip_a_bit)

    with pytest.raises(LakeError, match="their MD5 is"):
        next(lake.open(listed))


@pytest.mark.parametrize(("header", "named"), [("content-length", "Content-Length"), ("etag", "ETag")])
def test_an_answer_without_its_headers_is_a_sentence(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, header: str, named: str
) -> None:
    """A GET whose answer lacks length or entity tag says which, and what to look at."""

    def drop(answer: Answer) -> None:
        del answer.headers[header]

    faulty_s3.spoil_objects(drop)

    with pytest.raises(IncompleteAnswer, match=f"without {named}, so that .* See what stands between"):
        next(lake.open(listed))


@pytest.mark.parametrize("header", ["content-length", "content-range"])
def test_an_answer_with_a_header_that_is_no_number_is_a_sentence(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, header: str
) -> None:
    """A header that is no number is not more than what it should say."""
    faulty_s3.spoil_objects(lambda answer: answer.headers.update({header: "many"}))

    if header == "content-range":
        assert read(lake, listed) == (BODY, "md5")
        return
    with pytest.raises(LakeError, match=re.escape(lake.url(listed))):
        next(lake.open(listed))


def without(pattern: bytes) -> Callable[[Answer], None]:
    """Return what takes an element out of a page."""

    def spoil(answer: Answer) -> None:
        answer.give(re.sub(pattern, b"", answer.body))

    return spoil


def say_there_is_more(answer: Answer) -> None:
    """Say that a page is not the last, and not how to ask for the next."""
    answer.give(re.sub(rb"<IsTruncated>false</IsTruncated>", b"<IsTruncated>true</IsTruncated>", answer.body))


def name_another_folder(answer: Answer) -> None:
    """Name the objects of another table."""
    answer.give(answer.body.replace(b"<Key>shop/orders/", b"<Key>shop/people/"))


def spoil_moments(answer: Answer) -> None:
    """Let no moment be one."""
    answer.give(re.sub(rb"<LastModified>[^<]*<", b"<LastModified>soon<", answer.body))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without(rb"<IsTruncated>.*</IsTruncated>"), "without IsTruncated, so that nobody can tell"),
        (say_there_is_more, "without NextContinuationToken on a page that is not the last, so that"),
        (without(rb"<Size>[^<]*</Size>"), "without the Size of an object"),
        (without(rb"<LastModified>[^<]*</LastModified>"), "without the LastModified of an object"),
        (without(rb"<Key>[^<]*</Key>"), "cannot be understood"),
        (name_another_folder, "was asked to list .*shop/orders/ and listed 'shop/people/"),
        (lambda answer: answer.give(b""), "without IsTruncated"),
        (spoil_moments, "cannot be understood"),
    ],
)
def test_a_page_that_is_not_whole_is_a_sentence(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, spoil: Callable[[Answer], None], said: str
) -> None:
    """A listing that lacks something is not taken for a shorter one: it says what is missing."""
    faulty_s3.spoil_listings(spoil)

    with pytest.raises(IncompleteAnswer, match=said) as raised:
        lake.list_table(source_of(), table_of())

    assert "See what stands between here and S3" in str(raised.value)
    assert listed.key


@pytest.mark.parametrize("length", [1, 200, -20])
def test_a_page_that_is_cut_off_is_no_page(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, length: int
) -> None:
    """A page whose end is missing counts as an answer of a server that is out of order."""
    faulty_s3.spoil_listings(lambda answer: answer.give(answer.body[:length]))

    with pytest.raises(LakeError, match="answered 500 for"):
        lake.list_table(source_of(), table_of())
    assert listed.key


def test_an_object_listed_without_its_etag_fails_alone(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy
) -> None:
    """An object without an entity tag is listed with its hour, and cannot be read; nothing is asked for."""
    faulty_s3.spoil_listings(without(rb"<ETag>[^<]*</ETag>"))
    (found,) = lake.list_table(source_of(), table_of()).objects
    assert found.key == listed.key

    with pytest.raises(LakeError, match="was listed without an ETag"):
        next(lake.open(found))
    assert faulty_s3.gets() == []


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("cut", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 7, len(BODY) - 1])
def test_a_stream_that_breaks_off_goes_on_where_it_stopped(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, cut: int, *, reset: bool
) -> None:
    """After a cut anywhere every byte comes once; what is asked for again is the rest, of the same object."""

    def cut_once(answer: Answer) -> None:
        if len(faulty_s3.gets()) == 0:
            answer.cut, answer.reset = cut, reset

    faulty_s3.spoil_objects(cut_once)

    assert read(lake, listed) == (BODY, "md5")

    first, second = faulty_s3.gets()
    assert second.asked["if-match"] == f'"{listed.etag}"'
    assert "range" not in first.asked
    if not reset:  # a reset takes with it what was not read yet
        assert second.asked.get("range") == (f"bytes={cut}-" if cut else None)


@pytest.mark.usefixtures("no_pauses")
def test_a_stream_that_breaks_off_all_the_time_comes_as_long_as_it_gets_on(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy
) -> None:
    """A line that breaks after every chunk brings the object; what is flipped on the way is still seen."""

    def cut_each(answer: Answer) -> None:
        answer.cut = CHUNK_BYTES + 1

    faulty_s3.spoil_objects(cut_each)
    assert read(lake, listed) == (BODY, "md5")

    def cut_and_flip(answer: Answer) -> None:
        answer.cut = CHUNK_BYTES + 1
        flip_the_last_bit(answer)

    faulty_s3.spoil_objects(cut_and_flip)
    with pytest.raises(LakeError, match="their MD5 is"):
        read(lake, listed)


@pytest.mark.usefixtures("no_pauses")
def test_a_break_makes_no_chunk_shorter(lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy) -> None:
    """The first chunk, by which a file's dialect is told, is whole though it came in pieces."""

    def cut_once(answer: Answer) -> None:
        answer.cut = None if "range" in answer.asked else 7

    faulty_s3.spoil_objects(cut_once)

    assert next(lake.open(listed)) == BODY[:CHUNK_BYTES]


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("cut", [0, 1])
def test_a_stream_that_does_not_get_on_is_given_up(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, cut: int
) -> None:
    """After six answers without a chunk it says how many bytes came."""

    def cut_each(answer: Answer) -> None:
        answer.cut = cut

    faulty_s3.spoil_objects(cut_each)

    with pytest.raises(LakeError, match=rf"was cut short: {6 * cut} of {len(BODY)} bytes came"):
        read(lake, listed)

    assert len(faulty_s3.gets()) == 6


@pytest.mark.usefixtures("no_pauses")
def test_an_object_that_changes_while_it_is_read_is_told(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy, lake_bucket: LakeBucket
) -> None:
    """If it was written again before the stream could go on, that is told, and no byte is mixed in."""

    def cut_and_write(answer: Answer) -> None:
        answer.cut = CHUNK_BYTES
        lake_bucket.put(listed.key, BODY[::-1])

    faulty_s3.spoil_objects(cut_and_write)
    came: list[bytes] = []

    with pytest.raises(LakeError, match="was written again since it was listed"):
        came.extend(lake.open(listed))

    assert BODY.startswith(b"".join(came))


@pytest.mark.usefixtures("no_pauses")
def test_a_store_that_does_not_know_ranges_is_told(
    lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy
) -> None:
    """If the whole object comes where the rest was asked for, nothing of it is taken for the rest."""

    def give_all(answer: Answer) -> None:
        if "range" in answer.asked:
            answer.status = 200
            answer.headers.pop("content-range")
            answer.give(BODY)
        answer.cut = CHUNK_BYTES

    faulty_s3.spoil_objects(give_all)

    with pytest.raises(LakeError, match=r"broke off, and S3 does not go on there: no range came where bytes"):
        read(lake, listed)


@pytest.fixture
def encrypted(
    client: "S3Client", lake: Lake, listed: LakeObject, faulty_s3: FaultyProxy
) -> tuple[Lake, LakeObject, list[Callable[[Answer], None]]]:
    """Let the object have an entity tag that is no MD5, and the header that says why, on the wire."""
    client.meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: params["headers"].pop("If-Match") and None
    )
    more: list[Callable[[Answer], None]] = []

    def encrypt(answer: Answer) -> None:
        answer.give(answer.body.replace(listed.etag.encode(), OTHER_ETAG.encode()))
        if answer.is_object:
            answer.headers["etag"] = f'"{OTHER_ETAG}"'
            answer.headers["x-amz-server-side-encryption"] = "aws:kms"
            for spoil in more:
                spoil(answer)

    faulty_s3.spoil = encrypt
    (found,) = lake.list_table(source_of(), table_of()).objects
    assert found.etag == OTHER_ETAG
    return lake, found, more


def drop_checksums(answer: Answer) -> None:
    """Let the store have no checksum."""
    for name in [name for name in answer.headers if name.startswith("x-amz-checksum-")]:
        del answer.headers[name]


def test_an_encrypted_object_is_proved_by_a_checksum(
    encrypted: tuple[Lake, LakeObject, list[Callable[[Answer], None]]], faulty_s3: FaultyProxy
) -> None:
    """S3's checksum proves it; from the second object on it is asked for at once."""
    lake, found, _ = encrypted

    assert read(lake, found) == (BODY, "checksum")
    assert len(faulty_s3.gets()) == 2
    assert read(lake, found) == (BODY, "checksum")
    assert len(faulty_s3.gets()) == 3


def test_an_encrypted_object_that_is_not_its_checksum_is_refused(
    encrypted: tuple[Lake, LakeObject, list[Callable[[Answer], None]]],
) -> None:
    """A flipped bit of an encrypted object is found by the checksum."""
    lake, found, more = encrypted
    more.append(flip_a_bit)

    with pytest.raises(LakeError, match=r"the bytes that came are not the object's: .*checksum"):
        read(lake, found)


def test_an_encrypted_object_without_a_checksum_is_read(
    encrypted: tuple[Lake, LakeObject, list[Callable[[Answer], None]]],
) -> None:
    """Where nothing can prove the bytes, their number is all that is told, and no good object is refused."""
    lake, found, more = encrypted
    more.append(drop_checksums)

    assert read(lake, found) == (BODY, "size")


def test_an_object_written_in_parts_is_proved_by_its_size(
    client: "S3Client", lake_bucket: LakeBucket
) -> None:
    """The entity tag of an object in parts is no MD5; its size is compared all the same."""
    body = os.urandom(6 << 20)
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, use_threads=False)
    lake_bucket.client.upload_fileobj(
        io.BytesIO(body), lake_bucket.bucket, f"shop/orders/{CHANGES}", Config=config
    )
    lake = Lake(client, lake_bucket.bucket)
    (listed,) = lake.list_table(source_of(), table_of()).objects

    came, proof = read(lake, listed)

    assert came == body
    assert proof in {"checksum", "size"}


@pytest.mark.parametrize(
    ("headers", "encrypted"),
    [
        ({}, False),
        ({"x-amz-server-side-encryption": "AES256"}, False),
        (
            {
                "x-amz-server-side-encryption": "AES256",
                "x-amz-server-side-encryption-bucket-key-enabled": "false",
            },
            False,
        ),
        ({"x-amz-meta-encryption": "none of S3's"}, False),
        ({"x-amz-server-side-encryption": "aws:kms"}, True),
        ({"x-amz-server-side-encryption": "aws:kms:dsse"}, True),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, True),
        ({"x-goog-encryption-kms-key-name": "k"}, True),
        ({"ibm-sse-kp-enabled": "true"}, True),
    ],
)
def test_encryption_is_told_by_the_headers(headers: dict[str, str], *, encrypted: bool) -> None:
    """With S3's own keys the entity tag stays an MD5; with any other it does not."""
    assert says_encrypted(headers) is encrypted
