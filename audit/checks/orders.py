"""Orders by themselves."""

from audit.check import Check

ORDERS = (
    Check(
        "I10 an order's status is what its times and its payment say; none is both paid and cancelled",
        "orders",
        """
        SELECT order_id, 'is ' || status || '; paid ' || coalesce(paid_at::text, 'never') || ', cancelled '
               || coalesce(cancelled_at::text, 'never') || ', refunded ' || coalesce(refunded_at::text, 'never')
          FROM orders
         WHERE (payment_id IS NOT NULL, paid_at IS NOT NULL, cancelled_at IS NOT NULL, refunded_at IS NOT NULL)
               <> (status IN ('paid', 'refunded'), status IN ('paid', 'refunded'), status = 'cancelled',
                   status = 'refunded')
        """,
    ),
)
