"""payment_service: owns accounts, payments and the ledger."""

import shared.rpc  # noqa: F401 - it tells gRPC how to behave, which has to come before anything imports grpc
