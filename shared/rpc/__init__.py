"""gRPC plumbing: server, client, and the one table that turns our errors into statuses."""

import os

# Nothing here forks while calls run (the embedded PostgreSQL is started by fork and exec); gRPC's hooks only warn.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
# Its core writes lines of its own to stderr (a port in use, a peer gone); what matters of them we say ourselves. With
# TLS `handshakes` reads them. They are decided on when grpc is imported, so before there are settings.
VERBOSITY, SILENT = "GRPC_VERBOSITY", "NONE"
if os.environ.get(VERBOSITY, SILENT) == SILENT:
    os.environ[VERBOSITY] = SILENT
    if any(name.endswith("_TLS_CERT") for name in os.environ):
        del os.environ[VERBOSITY]
