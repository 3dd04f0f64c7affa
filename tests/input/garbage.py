"""What is sent straight to the TCP port: HTTP/2 (RFC 9113) gone wrong, and what is no HTTP/2 at all."""

import itertools
import re
import socket
import struct
from collections.abc import Iterator

from tests.input.judge import grpc_status

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED = 0x1, 0x4, 0x8
NAMES = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH", "PING", "GOAWAY", "WINDOW", "CONTINUATION"]
PATH = "/grpc.health.v1.Health/Check"  # of both services
# Of the connection, and the parts of an answer before its status.
GREETINGS = {"SETTINGS", "WINDOW", "HEADERS", "DATA"}
STATUS = re.compile(rb"grpc-status[\x01\x02](\d+)")
PATIENCE_S = 60.0  # a machine that is busy; whoever gets no answer in it hangs


def frame(kind: int, flags: int, stream: int, payload: bytes = b"", length: int | None = None) -> bytes:
    """A frame; with a `length` of its own, one that lies."""
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def headers(**changed: str) -> bytes:
    """A block of headers for PATH, spelled out (RFC 7541, 6.2.2). `content_type` stands for `content-type`."""
    fields = {":method": "POST", ":scheme": "http", ":path": PATH, ":authority": "x", "te": "trailers",
              "content-type": "application/grpc"}  # fmt: skip
    fields |= {name.replace("pseudo_", ":").replace("_", "-"): value for name, value in changed.items()}
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in fields.items() if value)


def _text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


OPEN = PREFACE + frame(SETTINGS, 0, 0)
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


END = {"end"}
CLOSED = {"end", "GOAWAY"}
ASK = frame(PING, 0, 0, b"are here")  # its echo says that what came before was borne


def call(**changed: str) -> bytes:
    """The beginning of a call with other headers."""
    return OPEN + frame(HEADERS, END_HEADERS, 1, headers(**changed))


# What is sent, and what may come back first: a status when it is an answer, else a frame's name, or the end.
GARBAGE: dict[str, tuple[bytes, set[str]]] = {
    "HTTP/1.1": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", END),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), END),
    "noise": (bytes(range(256)) * 64, END),
    "a preface, then noise": (PREFACE + bytes(range(255, 0, -1)) * 16, CLOSED),
    "a frame of 16 MB announced": (OPEN + frame(DATA, 0, 1, b"x", length=2**24 - 1), CLOSED),
    "DATA of a stream never opened": (OPEN + frame(DATA, 0, 7, b"x" * 9) + ASK, {"PING", *CLOSED}),
    "headers that are no HPACK": (OPEN + frame(HEADERS, END_HEADERS, 1, b"\xff" * 64), {"INTERNAL"}),
    "CONTINUATION of nothing": (OPEN + frame(CONTINUATION, END_HEADERS, 1, b"x"), CLOSED),
    "450 kB of headers in 31 frames": (
        OPEN + frame(HEADERS, 0, 1, headers()) + CONTINUED * 30 + frame(CONTINUATION, END_HEADERS, 1) + EMPTY,
        {"RESOURCE_EXHAUSTED", "OK"},
    ),
    "SETTINGS of a wrong size": (OPEN + frame(SETTINGS, 0, 0, b"12345"), CLOSED),
    "a window of nothing": (OPEN + frame(WINDOW_UPDATE, 0, 0, bytes(4)), CLOSED),
    "another content-type": (call(content_type="text/html") + EMPTY, {"OK"}),
    "no path": (call(pseudo_path="") + EMPTY, {"RST_STREAM"}),
    "GET": (call(pseudo_method="GET") + EMPTY, {"RST_STREAM"}),
    "a deadline that is none": (call(grpc_timeout="soon") + EMPTY, {"INTERNAL"}),
    "an encoding that is none": (call(grpc_encoding="rot13") + FALSE_GZIP, {"INTERNAL"}),
    "compressed, and it is not": (call(grpc_encoding="gzip") + FALSE_GZIP, {"INTERNAL"}),
    "a message that announces 4 GB": (call() + ENDLESS, {"RESOURCE_EXHAUSTED"}),
    "10,000 pings": (OPEN + frame(PING, 0, 0, b"12345678") * 10_000, {"PING", *CLOSED}),
    "1,000 calls taken back at once": (OPEN + resets(1_000) + ASK, {"PING", "RST_STREAM", *CLOSED}),
}


def answers(address: str, data: bytes) -> str:
    """What comes back first that is not a greeting. TimeoutError when nothing does."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE_S) as connection:
        try:
            connection.sendall(data)
            return next(_told(connection), "end")
        except (ConnectionResetError, BrokenPipeError):
            return "end"


def _told(connection: socket.socket) -> Iterator[str]:
    with connection.makefile("rb") as incoming:
        while len(head := incoming.read(9)) == 9:
            payload = incoming.read(int.from_bytes(head[:3], "big"))
            kind, flags = NAMES[head[3]], head[4]
            if status := STATUS.search(payload):  # spelled out, in a connection's first answer
                yield grpc_status(int(status[1]))
            elif kind not in GREETINGS and (kind != "PING" or flags & 1):
                yield kind  # a PING that is no echo is the server's own, to measure the line


def half_open(address: str, count: int) -> list[socket.socket]:
    """Connections that begin and never go on, one byte further each."""
    host, _, port = address.rpartition(":")
    opened = [socket.create_connection((host, int(port)), PATIENCE_S) for _ in range(count)]
    for connection, size in zip(opened, itertools.cycle(range(len(OPEN))), strict=False):
        connection.sendall(OPEN[:size])
    return opened
