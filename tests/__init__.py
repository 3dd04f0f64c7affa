"""Tests; what they share is in `tests.harness`."""

import shared.rpc  # noqa: F401 - it tells gRPC how to behave, which has to come before anything imports grpc
