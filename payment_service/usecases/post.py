"""Writing a plan of the ledger: the heads, the legs, the balances. Always inside the caller's transaction."""

from collections.abc import Sequence

from payment_service.domain.ledger import Movement, Plan, plan
from payment_service.storage import accounts, ledger
from shared.database import Connection
from shared.failpoints import failpoint


async def post(connection: Connection, movements: Sequence[Movement]) -> Plan:
    """Lock the accounts, plan, write what can be done. What was refused stands in the plan, and left no trace."""
    ids = [account_id for m in movements for account_id in (m.source, m.target)]
    made = plan(await accounts.lock(connection, ids), movements)
    if made.accounts:
        await ledger.write(connection, made.posted, made.accounts)
    if made.posted:
        failpoint("entries_inserted")
    return made
