"""Ports that stay free while the service that had one is down."""

import contextlib
import socket
from random import Random

PORTS = (20_000, 32_000)  # below those that the kernel gives to whoever connects


def free_port(random: Random) -> int:
    """One on loopback that nobody listens on."""
    while True:
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
