"""Who may call what of PaymentService."""

from shared.callers import Role, Scope
from shared.rpc.access import AccessTable

_PEOPLE = {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY}
_SELLERS = {Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY}
_CLERKS = {Role.BACKOFFICE: Scope.ANY}

ACCESS: AccessTable = {
    "PayOrder": _PEOPLE,
    "BatchPayOrders": _PEOPLE,
    "CreateTicket": _PEOPLE,
    "PayWithTicket": _PEOPLE,
    "AuthorizePayment": _PEOPLE,
    "CapturePayment": _SELLERS,
    "VoidAuthorization": _SELLERS,
    "RefundPayment": _SELLERS,
    "ReversePayment": _CLERKS,
    "GetPayment": _PEOPLE,
    "ListPayments": _PEOPLE,
    "LookupPayment": _PEOPLE,
    "ExplainPayment": _CLERKS,
    "CreateAccount": _PEOPLE,
    "GetAccount": _PEOPLE,
    "ListAccounts": _PEOPLE,
    "Deposit": _CLERKS,
    "Withdraw": _CLERKS,
    "ListEntries": _PEOPLE,
}
