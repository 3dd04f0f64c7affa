"""Who may call what of OrderService."""

from shared.callers import Role, Scope
from shared.rpc.access import AccessTable

_PEOPLE = {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY}
_SERVICE = {Role.SERVICE: Scope.ANY}

ACCESS: AccessTable = {
    "CreateOrder": _PEOPLE,
    "GetOrder": _PEOPLE,
    "BatchGetOrders": _PEOPLE | _SERVICE,
    "ListOrders": _PEOPLE,
    "CancelOrder": _PEOPLE,
    "MarkOrdersPaid": _SERVICE,
    "MarkOrdersRefunded": _SERVICE,
}
