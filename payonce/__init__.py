"""payonce, the face for people: client, command line, demo. A caller like any other: it speaks gRPC."""

import shared.rpc  # noqa: F401 - it tells gRPC how to behave, which has to come before anything imports grpc
