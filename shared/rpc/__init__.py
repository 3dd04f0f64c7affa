"""gRPC plumbing: server, client, and the one table that turns our errors into statuses."""
