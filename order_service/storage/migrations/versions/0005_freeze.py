"""an auditor who may only read can hold the orders still while both databases' snapshots are taken

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
oldest_code = "0003"

# LOCK … IN SHARE MODE wants the right to change the table. The function has it from its owner, and does nothing else;
# whom `migrate` lets call it stands in the grants.
FREEZE = """
CREATE FUNCTION freeze_orders() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    LOCK TABLE orders IN SHARE MODE;
END $$;
REVOKE ALL ON FUNCTION freeze_orders() FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(FREEZE)


def downgrade() -> None:
    op.execute("DROP FUNCTION freeze_orders")
