"""Writing a plan of the ledger: the heads, the legs, the balances. Always inside the caller's transaction."""

from collections.abc import Sequence

from payment_service.domain.ledger import Plan, Transfer, plan
from payment_service.storage import accounts, ledger
from shared.database import Connection
from shared.failpoints import failpoint


async def post(connection: Connection, transfers: Sequence[Transfer]) -> Plan:
    """Lock the accounts, plan, write what can be done. What was refused stands in the plan, and left no trace."""
    ids = [account_id for t in transfers for account_id in (t.source, t.target)]
    made = plan(await accounts.lock(connection, ids), transfers)
    if made.entries:
        await ledger.post_transfers(connection, made.transfers)
        await ledger.post_entries(connection, made.entries)
        failpoint("entries_inserted")
        await accounts.store(connection, made.accounts)
    return made
