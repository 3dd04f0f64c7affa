"""Alembic's environment: migrations run on the connection that `shared.migrations` gives."""

from alembic import context

from payment_service.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
