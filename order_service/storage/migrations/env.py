"""Alembic's environment: migrations run on the connection that `shared.migrations` gives, each in a transaction."""

from alembic import context

from order_service.storage.schema import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    on_version_apply=given.get("applied", ()),
)
with context.begin_transaction():
    context.run_migrations()
