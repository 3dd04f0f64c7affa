"""What an order was charged, as the payer's statement has it: asked of the ledger, not of whoever paid."""

from payonce.client import AsyncClient
from payonce.payment.v1.account_pb2 import Entry, TransferKind

PAGE = 1000  # entries


async def charges_of(client: AsyncClient, order_id: str) -> list[Entry]:
    """The entries that charged it, the newest first; more than one would be a double charge."""
    payments = [payment async for payment in client.iter_payments(order_id=order_id)]
    if not payments:
        return []
    ids = {payment.payment_id for payment in payments}
    first = min(payment.create_time.ToNanoseconds() for payment in payments)
    charges = []
    async for entry in client.iter_entries(payments[0].payer_account_id, page_size=PAGE):
        if entry.create_time.ToNanoseconds() < first:
            break
        if entry.kind == TransferKind.TRANSFER_KIND_CHARGE and entry.payment_id in ids:
            charges.append(entry)
    return charges
