"""Who may call what of order_service, and see whose orders. What is not here is denied.

`own` is about orders: a customer's are those it is to pay (`customer_id`), a merchant's those it made (`merchant_id`).
"""

from shared.callers import Role, Scope
from shared.rpc.access import AccessTable

ACCESS: AccessTable = {
    # A price is the merchant's to name: no customer makes an order.
    "CreateOrder": {Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "GetOrder": {
        Role.CUSTOMER: Scope.OWN,
        Role.MERCHANT: Scope.OWN,
        Role.BACKOFFICE: Scope.ANY,
        Role.SERVICE: Scope.ANY,
    },
    "BatchGetOrders": {
        Role.CUSTOMER: Scope.OWN,
        Role.MERCHANT: Scope.OWN,
        Role.BACKOFFICE: Scope.ANY,
        Role.SERVICE: Scope.ANY,
    },
    "ListOrders": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "CancelOrder": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    # What they say is believed: payment_service alone knows what was paid.
    "MarkOrdersPaid": {Role.SERVICE: Scope.ANY},
    "MarkOrdersRefunded": {Role.SERVICE: Scope.ANY},
}
