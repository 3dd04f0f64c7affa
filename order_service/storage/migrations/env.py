"""Alembic's environment: migrations run on the connection that `shared.migrations` gives."""

from alembic import context

from order_service.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
