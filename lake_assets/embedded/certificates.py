"""Certificates with which the parts of the embedded S3 server know each other, and nobody else.

How the server is told of them belongs to `s3`.
"""

import socket
from pathlib import Path

import trustme

from lake_assets.embedded.files import write_private
from lake_assets.embedded.ports import LOOPBACK

AUTHORITY = "grpc-authority.pem"
CERTIFICATE = "grpc-certificate.pem"
KEY = "grpc-key.pem"
OWNER = "lake_assets"
# What a client of HTTP/2, and so of gRPC, begins with, and the kind of frame that a server begins with.
HTTP2_OPENING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
HTTP2_FRAME_HEAD = 9
HTTP2_SETTINGS = 4
ANSWER_SECONDS = 10.0


def write_certificates(folder: Path) -> None:
    """Write an authority of one's own, and the one certificate that it ever signs.

    They hold until the year 3000. The authority's key is written nowhere, so that nobody can sign another.

    Args:
        folder: where the files go, in place of those that are there.
    """
    authority = trustme.CA(organization_name=OWNER)
    issued = authority.issue_cert(LOOPBACK, common_name=OWNER, organization_name=OWNER)
    (certificate,) = issued.cert_chain_pems
    _write(folder / AUTHORITY, authority.cert_pem)
    _write(folder / CERTIFICATE, certificate)
    _write(folder / KEY, issued.private_key_pem)


def answers_strangers(port: int) -> bool:
    """Return whether a port of 127.0.0.1 speaks gRPC with somebody who shows no certificate."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(HTTP2_OPENING)
            head = connection.recv(HTTP2_FRAME_HEAD)
    except ConnectionError:
        return False
    return head[3:4] == bytes([HTTP2_SETTINGS])


def _write(path: Path, pem: trustme.Blob) -> None:
    write_private(path, pem.bytes().decode("ascii"))
