"""Which fault of the catalogue (docs/reliability.md) it is to die at a point."""

from crashpoints.points import Point

# While an order is paid. At any other point, and in any other request, it is F11.
OF_AN_ORDER = {"PayOrder", "BatchPayOrders", "AuthorizePayment"}
NUMBERS = {
    "orders_read": "F2",
    "begun:charge": "F3",
    "claim_inserted": "F4",
    "entries_inserted": "F5",
    "commit_sent:charge": "F6",
    "committed:charge": "F7",
    "mark_orders_paid_sent": "F8",
    "mark_orders_paid_returned": "F9",
    "mark_orders_paid_committed": "F9",
}
OF_METHODS = {"request_received": "F1", "reply_sent": "F10"}


def fault_of(rpc: str, point: Point) -> str:
    """F1 to F11."""
    if rpc not in OF_AN_ORDER:
        return "F11"
    return NUMBERS.get(point.name) or OF_METHODS.get(point.name.partition(":")[0], "F11")
