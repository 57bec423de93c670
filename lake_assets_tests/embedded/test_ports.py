"""Free ports on loopback."""

import socket

from lake_assets.embedded.ports import FIRST_PORT, GRPC_OFFSET, LAST_PORT, free_port, is_free, is_free_twice


def test_a_free_port_is_free() -> None:
    """What is found can be listened on, and stays below the ports that Linux gives out by itself."""
    port = free_port(twice=True)
    assert FIRST_PORT <= port < LAST_PORT
    assert LAST_PORT + GRPC_OFFSET < 32768
    assert is_free(port)


def test_a_port_with_a_listener_is_not_free() -> None:
    """A port somebody listens on is taken."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)


def test_a_port_whose_twin_is_taken_is_not_free_twice() -> None:
    """SeaweedFS needs port + 10000 as well."""
    port = free_port(twice=True)
    with socket.create_server(("127.0.0.1", port + GRPC_OFFSET)):
        assert is_free(port)
        assert not is_free_twice(port)
