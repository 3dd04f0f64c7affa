"""gRPC plumbing: server, client, and the one table that turns our errors into statuses."""

import os

# Nothing here forks while calls run (the embedded PostgreSQL is started by fork and exec); gRPC's hooks only warn.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
# Its core writes lines of its own to stderr (a port in use, a peer gone); what matters of them we say ourselves.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
