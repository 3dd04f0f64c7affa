"""The checks that one database can answer alone. Numbers as in DESIGN section 6."""

from audit.checks.corrections import CORRECTIONS
from audit.checks.guards import ORDERS_GUARDS, PAYMENTS_GUARDS
from audit.checks.history import HISTORY
from audit.checks.ledger import LEDGER
from audit.checks.orders import ORDERS
from audit.checks.overdue import OVERDUE
from audit.checks.payments import PAYMENTS
from audit.checks.requests import REQUESTS
from audit.checks.tickets import TICKETS

IN_ORDERS = (*ORDERS, ORDERS_GUARDS)
IN_PAYMENTS = (
    *LEDGER,
    *PAYMENTS,
    *CORRECTIONS,
    *HISTORY,
    *TICKETS,
    *REQUESTS,
    *OVERDUE,
    PAYMENTS_GUARDS,
)
