"""A TLS handshake that fails leaves one line in the log, and a flood of them a few."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from shared.rpc.handshakes import LINES, WINDOW_S, Handshakes
from tests.harness.postgres import Postgres
from tests.harness.services import services
from tests.security.raw import connect
from tests.security.test_bad_identity import HEALTH, answer
from tests.security.world import Keys, Secured

PATIENCE_S = 60.0
WITHIN = """
import ctypes, os, sys
from shared.rpc.handshakes import STDERR, handshakes_told, part_stderr
part_stderr()
core = b"I1127 12:00:00.000000 1 handshaker.cc:1] "
with handshakes_told():
    {}
print("went on")
"""
# The core is called with the interpreter's lock held, and may say something then. `PyDLL` keeps the lock, too.
SAYS_MUCH = """
    lines = core + b"Handshake failed with error WHY\\n"
    ctypes.PyDLL(None).write(STDERR, lines * 100_000, len(lines) * 100_000)
"""
SAYS_OTHER_THINGS = """
    os.write(STDERR, core + b"a peer is gone\\n" + b"a library's last words\\n")
    print("our own", file=sys.stderr)
"""


def knock(address: str, trusted: Keys, shown: Keys | None) -> None:
    """A TLS client that shows that certificate, or none; to the end of the connection."""
    context = ssl.create_default_context(cafile=str(trusted.folder / "ca.pem"))
    if shown:
        context.load_cert_chain(shown.folder / "client.pem", shown.folder / "client-key.pem")
    context.set_alpn_protocols(["h2"])
    with connect(address) as plain, context.wrap_socket(plain, server_hostname="localhost") as wrapped:
        end(wrapped)


def speak_plainly(address: str) -> None:
    with connect(address) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        end(plain)


def end(connection: socket.socket) -> None:
    try:
        while connection.recv(1024):
            pass
    except (ConnectionResetError, ssl.SSLError):
        return  # hung up on


def told(secured: Secured) -> list[str]:
    lines = [json.loads(line) for line in secured.logged().splitlines()]  # nothing else stands between them
    failed = [line for line in lines if line["event"] == "tls.handshake_failed"]
    assert all(line["service"] in ("order_service", "payment_service") for line in failed)
    return [line["why"] for line in failed]


@pytest.fixture
async def fresh(postgres: Postgres, keys: Keys) -> AsyncIterator[Secured]:
    """A pair of its own: at those that all tests share, so many strangers knock that not each gets a line."""
    async with services(postgres.pair(), payment_env=keys.settings, order_env=keys.settings) as running:
        yield Secured(running, keys)


def test_each_leaves_a_line_with_the_reason(fresh: Secured, other: Keys) -> None:
    for address in fresh.addresses:
        knock(address, fresh.keys, None)
        knock(address, fresh.keys, other)
        speak_plainly(address)
    until = time.monotonic() + PATIENCE_S
    while len(found := told(fresh)) < 6 and time.monotonic() < until:
        time.sleep(0.05)
    assert found.count("PEER_DID_NOT_RETURN_A_CERTIFICATE") == 2
    assert found.count("HTTP_REQUEST") == 2
    assert len(found) == 6  # of the other authority's, what OpenSSL stumbles over first
    for address in fresh.addresses:
        assert answer(address, fresh.keys.tls(), HEALTH, b"") == ("OK", "")


def test_a_flood_of_them_leaves_a_few() -> None:
    now = [0.0]
    handshakes = Handshakes(lambda: now[0])
    with capture_logs() as lines:
        for _ in range(1_000):
            handshakes.failed("WHY")
        now[0] += WINDOW_S
        handshakes.failed("WHY")
    assert [line["not_told_before"] for line in lines] == [0] * LINES + [1_000 - LINES]


def ran(what: str, shell: str = 'exec "$@"') -> "subprocess.CompletedProcess[str]":
    """A process that does it while the core's lines are read."""
    env = {**os.environ, "ORDER_TLS_CERT": "one of these"}
    env.pop("GRPC_VERBOSITY", None)
    command = ["sh", "-c", shell, "sh", sys.executable, "-c", WITHIN.format(what.strip())]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def test_who_writes_more_than_can_be_read_does_not_stop_the_process() -> None:
    """The reader wants the interpreter's lock: whoever holds that and waited for the reader would wait for ever."""
    done = ran(SAYS_MUCH)
    assert "went on" in done.stdout
    assert "tls.handshake_failed" in done.stdout  # structlog's own place, where nobody has set one


def test_what_is_not_the_cores_goes_on_to_stderr() -> None:
    done = ran(SAYS_OTHER_THINGS)
    assert sorted(done.stderr.splitlines()) == ["a library's last words", "our own"]
    assert "went on" in done.stdout


def test_a_crash_tells_where() -> None:
    done = ran("os.abort()")
    assert done.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in done.stderr
    assert "most recent call first" in done.stderr


@pytest.mark.parametrize("closed", ["2>&-", "0<&- 2>&-"])
def test_with_stderr_closed_all_goes_on(closed: str) -> None:
    done = ran(SAYS_OTHER_THINGS, f'exec "$@" {closed}')
    assert done.returncode == 0
    assert done.stdout == "went on\n"
