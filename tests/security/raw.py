"""Connections that are spoken on byte by byte, over TLS too."""

import socket
import ssl
import struct
from collections.abc import Iterator

from tests.input.garbage import NAMES, PATIENCE_S
from tests.security.world import Keys

MAX_CONCURRENT_STREAMS, MAX_HEADER_LIST_SIZE = 3, 6


def connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), PATIENCE_S)


def over_tls(keys: Keys, address: str) -> ssl.SSLSocket:
    """As a client with a certificate, who speaks HTTP/2."""
    context = ssl.create_default_context(cafile=str(keys.folder / "ca.pem"))
    context.load_cert_chain(keys.folder / "client.pem", keys.folder / "client-key.pem")
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(connect(address), server_hostname="localhost")


def frames(connection: socket.socket) -> Iterator[tuple[str, int, bytes]]:
    """Name, flags and payload of each, until the other side closes. TimeoutError when it never does."""
    try:
        with connection.makefile("rb") as incoming:
            while len(head := incoming.read(9)) == 9:
                yield NAMES[head[3]], head[4], incoming.read(int.from_bytes(head[:3], "big"))
    except (ConnectionResetError, ssl.SSLError):
        return


def settings(payload: bytes) -> dict[int, int]:
    return dict(struct.iter_unpack(">HI", payload))


def flood(connection: socket.socket, data: bytes) -> None:
    """Send, as far as the other side lets us."""
    try:
        connection.sendall(data)
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        return
