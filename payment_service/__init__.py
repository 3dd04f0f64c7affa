"""payment_service: owns accounts, payments and the ledger."""

import os

from shared.rpc.core import import_grpc

import_grpc(heard="PAYMENT_TLS_CERT" in os.environ)  # before anything else imports it; with TLS `handshakes` listens
