"""What is sent straight to the TCP port: HTTP/2 (RFC 9113) gone wrong, and what is no HTTP/2 at all."""

import itertools
import socket
import struct
from collections.abc import Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED = 0x1, 0x4, 0x8
NAMES = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH", "PING", "GOAWAY", "WINDOW", "CONTINUATION"]
PATH = "/payonce.payment.v1.PaymentService/GetPayment"
PATIENCE_S = 60.0  # a machine that is busy; whoever gets no answer in it hangs


def frame(kind: int, flags: int, stream: int, payload: bytes = b"", length: int | None = None) -> bytes:
    """A frame; with a `length` of its own, one that lies."""
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def headers(**changed: str) -> bytes:
    """A block of headers for GetPayment, spelled out (RFC 7541, 6.2.2). `content_type` stands for `content-type`."""
    fields = {":method": "POST", ":scheme": "http", ":path": PATH, ":authority": "x", "te": "trailers",
              "content-type": "application/grpc"}  # fmt: skip
    fields |= {name.replace("pseudo_", ":").replace("_", "-"): value for name, value in changed.items()}
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in fields.items() if value)


def _text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


OPEN = PREFACE + frame(SETTINGS, 0, 0)
CALL = frame(HEADERS, END_HEADERS, 1, headers())
EMPTY = frame(DATA, END_STREAM, 1, b"\0" * 5)
# Compressed, says its first byte; and it is not.
FALSE_GZIP = frame(DATA, END_STREAM, 1, b"\1\0\0\0\x04junk")
# Four gigabytes are announced.
ENDLESS = frame(DATA, END_STREAM, 1, b"\0\xff\xff\xff\xff")

CONTINUED = frame(CONTINUATION, 0, 1, b"\0\x01x\x01y" * 3_000)


def resets(count: int) -> bytes:
    """Calls that are taken back at once (CVE-2023-44487)."""
    return b"".join(
        frame(HEADERS, END_HEADERS | END_STREAM, stream, headers()) + frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
        for stream in range(1, 2 * count, 2)
    )


# What is sent, and what may come back: frames by name, or the end of the connection.
GARBAGE: dict[str, tuple[bytes, set[str]]] = {
    "HTTP/1.1": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", {"end"}),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), {"end"}),
    "noise": (bytes(range(256)) * 64, {"end"}),
    "a preface, then noise": (PREFACE + bytes(range(255, 0, -1)) * 16, {"end", "GOAWAY"}),
    "a frame of 16 MB announced": (OPEN + frame(DATA, 0, 1, b"x", length=2**24 - 1), {"end", "GOAWAY"}),
    "DATA of a stream never opened": (OPEN + frame(DATA, 0, 7, b"x" * 9) + frame(HEADERS, 0, 0), {"end", "GOAWAY"}),
    "headers that are no HPACK": (OPEN + frame(HEADERS, END_HEADERS, 1, b"\xff" * 64), {"end", "GOAWAY"}),
    "CONTINUATION of nothing": (OPEN + frame(CONTINUATION, END_HEADERS, 1, b"x"), {"end", "GOAWAY"}),
    "450 kB of headers": (
        OPEN + frame(HEADERS, 0, 1, headers()) + CONTINUED * 30 + frame(CONTINUATION, END_HEADERS, 1) + EMPTY,
        {"end", "GOAWAY", "RST_STREAM", "HEADERS"},
    ),
    "SETTINGS of a wrong size": (OPEN + frame(SETTINGS, 0, 0, b"12345"), {"end", "GOAWAY"}),
    "no window at all": (OPEN + frame(WINDOW_UPDATE, 0, 0, bytes(4)), {"end", "GOAWAY"}),
    "a content-type of its own": (
        OPEN + frame(HEADERS, END_HEADERS, 1, headers(content_type="text/html")) + EMPTY,
        {"HEADERS", "RST_STREAM"},
    ),
    "no path": (OPEN + frame(HEADERS, END_HEADERS, 1, headers(pseudo_path="")) + EMPTY, {"HEADERS", "RST_STREAM"}),
    "GET": (OPEN + frame(HEADERS, END_HEADERS, 1, headers(pseudo_method="GET")) + EMPTY, {"HEADERS", "RST_STREAM"}),
    "a deadline that is none": (
        OPEN + frame(HEADERS, END_HEADERS, 1, headers(grpc_timeout="soon")) + EMPTY,
        {"HEADERS", "RST_STREAM"},
    ),
    "an encoding that is none": (
        OPEN + frame(HEADERS, END_HEADERS, 1, headers(grpc_encoding="rot13")) + FALSE_GZIP,
        {"HEADERS", "RST_STREAM"},
    ),
    "compressed, and it is not": (
        OPEN + frame(HEADERS, END_HEADERS, 1, headers(grpc_encoding="gzip")) + FALSE_GZIP,
        {"HEADERS", "RST_STREAM"},
    ),
    "a message that announces 4 GB": (OPEN + CALL + ENDLESS, {"HEADERS", "RST_STREAM"}),
    "10,000 pings": (OPEN + frame(PING, 0, 0, b"12345678") * 10_000, {"end", "GOAWAY", "PING"}),
    "1,000 calls taken back at once": (OPEN + resets(1_000), {"end", "GOAWAY", "RST_STREAM", "HEADERS", "PING"}),
}


def answers(address: str, data: bytes) -> str:
    """What comes back first that is not a greeting: a frame's name, or "end". TimeoutError when nothing does."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE_S) as connection:
        try:
            connection.sendall(data)
            return next((name for name in _frames(connection) if name not in ("SETTINGS", "WINDOW")), "end")
        except (ConnectionResetError, BrokenPipeError):
            return "end"


def _frames(connection: socket.socket) -> Iterator[str]:
    with connection.makefile("rb") as incoming:
        while len(head := incoming.read(9)) == 9:
            incoming.read(int.from_bytes(head[:3], "big"))
            kind, acknowledged = head[3], head[4] & 1
            if not (kind == PING and not acknowledged):  # the server's own, to measure the line
                yield NAMES[kind]


def half_open(address: str, count: int) -> list[socket.socket]:
    """Connections that begin and never go on, one byte further each."""
    host, _, port = address.rpartition(":")
    opened = [socket.create_connection((host, int(port)), PATIENCE_S) for _ in range(count)]
    for connection, size in zip(opened, itertools.cycle(range(len(OPEN))), strict=False):
        connection.sendall(OPEN[:size])
    return opened


