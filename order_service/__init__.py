"""order_service: owns orders and their status. It never moves money."""

import shared.rpc  # noqa: F401 - it tells gRPC how to behave, which has to come before anything imports grpc
