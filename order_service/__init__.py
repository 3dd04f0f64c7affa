"""order_service: owns orders and their status. It never moves money."""

import os

from shared.rpc.core import import_grpc

import_grpc(heard="ORDER_TLS_CERT" in os.environ)  # before anything else imports it; with TLS `handshakes` listens
