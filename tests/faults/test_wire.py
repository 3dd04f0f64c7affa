"""What an ambush recognises."""

from faults.wire import WROTE, Frames

DATA, HEADERS, SETTINGS = 0, 1, 4


def frame(kind: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, 0]) + (1).to_bytes(4, "big") + body


STREAM = frame(SETTINGS, b"") + frame(HEADERS, b"h" * 40) + frame(DATA, bytes([1] * 300)) + frame(HEADERS, b"t")


def test_headers_are_counted_however_the_bytes_come() -> None:
    for size in (1, 2, 7, 9, 50, len(STREAM)):
        frames = Frames()
        pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
        assert sum(frames.headers(piece) for piece in pieces) == 2, size


def test_a_transaction_that_changed_nothing_is_told_from_one_that_did() -> None:
    assert WROTE.search(b"C\0\0\0\x0fINSERT 0 1\0Z\0\0\0\x05T")
    assert WROTE.search(b"D....C\0\0\0\x0eUPDATE 12\0Z\0\0\0\x05T")
    assert not WROTE.search(b"C\0\0\0\x0dUPDATE 0\0Z\0\0\0\x05T")
    assert not WROTE.search(b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05T")
