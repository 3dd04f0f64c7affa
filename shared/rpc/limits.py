"""What one client may take of a server: `docs/security.md` has the table, with what each is for."""

from shared.config import ServiceSettings

# A thousand items with the longest ids, in MarkOrdersPaid, are 107 kB: 64 kB would hold 600.
MESSAGE_LIMIT = 128 * 1024
METADATA_LIMIT = 8 * 1024
# Above what payment_service's own queue holds (4,096): who sends too much should hear so, and not wait in silence.
STREAMS_LIMIT = 8_192

Option = tuple[str, int]

OPTIONS: list[Option] = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    # Between the two, grpc refuses some at random. Both the same: none is borne above it.
    ("grpc.max_metadata_size", METADATA_LIMIT),
    ("grpc.absolute_max_metadata_size", METADATA_LIMIT),
    ("grpc.max_concurrent_streams", STREAMS_LIMIT),
    # grpc.aio takes calls in one by one. Of those that wait for that, grpc drops some above 1,000 and all above 3,000
    # unless told otherwise: CANCELLED, without a word. Our own queue has a limit too, and says when to come again.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 40_000),
    # Our clients ping every 20 s while they wait for an answer. Who pings faster, twice, is told to go.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 2),
]
GRACE_MS = 60_000  # for calls in flight on a connection that is too old: longer than any client of ours waits


def of_connections(settings: ServiceSettings) -> list[Option]:
    """How long a connection may take to begin, do nothing, leave a ping of ours unanswered, and live."""
    return [
        ("grpc.server_handshake_timeout_ms", round(settings.handshake_timeout_s * 1000)),
        ("grpc.max_connection_idle_ms", round(settings.connection_idle_s * 1000)),
        ("grpc.max_connection_age_ms", round(settings.connection_age_s * 1000)),
        ("grpc.max_connection_age_grace_ms", GRACE_MS),
        # A client that vanished without a word.
        ("grpc.keepalive_time_ms", round(settings.connection_ping_s * 1000)),
        ("grpc.keepalive_timeout_ms", round(settings.connection_ping_s * 1000 / 3)),
    ]
