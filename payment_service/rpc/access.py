"""Who may call what of payment_service, and touch whose accounts, tickets and payments. What is not here is denied.

`own`: an account is its owner's. A payment or a ticket is, to a customer, the payer's; to a merchant, the payee's.
A method without `own` looks at no owner: before its row gets one, its use case must. tests/access goes through all.
"""

from shared.callers import Role, Scope
from shared.rpc.access import AccessTable

ACCESS: AccessTable = {
    # Paying is the payer's own decision.
    "PayOrder": {Role.CUSTOMER: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "BatchPayOrders": {Role.BACKOFFICE: Scope.ANY},
    "AuthorizePayment": {Role.CUSTOMER: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "CreateTicket": {Role.CUSTOMER: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "PayWithTicket": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    # What was authorized is the merchant's to take, to leave, to give back.
    "CapturePayment": {Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "VoidAuthorization": {Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "RefundPayment": {Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "ReversePayment": {Role.BACKOFFICE: Scope.ANY},
    "GetPayment": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "ListPayments": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "LookupPayment": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    # It tells who decided what, of every side.
    "ExplainPayment": {Role.BACKOFFICE: Scope.ANY},
    "CreateAccount": {Role.BACKOFFICE: Scope.ANY},
    "GetAccount": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "ListAccounts": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    "ListEntries": {Role.CUSTOMER: Scope.OWN, Role.MERCHANT: Scope.OWN, Role.BACKOFFICE: Scope.ANY},
    # Money comes and goes by what happened outside, which the back office looks after.
    "Deposit": {Role.BACKOFFICE: Scope.ANY},
    "Withdraw": {Role.BACKOFFICE: Scope.ANY},
}
