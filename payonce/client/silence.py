"""gRPC's core says nothing of its own in a process that calls the services; GRPC_VERBOSITY set has it speak."""

from shared.rpc.core import import_grpc

import_grpc()
