/* Those who ask. */

/* Who has an answer, or gets none, may ask again, as often as he likes; when all is healed nobody does,
 * so that nobody helps the completer. Who never asks is one who was never scheduled before that. */

/* ---- PayOrder ---- */
proctype Pay(mtype me) {
    byte p, seen_by;
    mtype seen = UNPAID;
end:
asked:
    if
    :: atomic {  /* our own books know */
           !healed && rows && payment[rows].state == SUCCEEDED && payment[rows].correction == NONE &&
           (payment[rows].confirmed || flipped[rows]) ->
           printf("%e: is answered with payment %d\n", me, rows);
           misled = misled || !was_paid; goto asked
       }
    :: atomic {
           !healed -> seen = order; seen_by = paid_by;
           printf("%e: BatchGetOrders: the order is %e\n", me, seen)
       }
    fi;
    if
    :: atomic {
           if
           :: seen != UNPAID || CLAIMED -> p = rows  /* lost is not failed */
           :: seen == UNPAID && !CLAIMED && payer < PRICE ->
               printf("%e: is declined\n", me)  /* it keeps no claim */
           :: seen == UNPAID && !CLAIMED && payer >= PRICE ->
               rows++; p = rows;
               payment[p].state = SUCCEEDED;
               payer = payer - PRICE; payee = payee + PRICE;
               printf("%e: transaction: claim and debit, payment %d\n", me, p)
           fi;
           if  /* next_step */
           :: p && payment[p].state == SUCCEEDED && !(seen == PAID && seen_by == p) &&
              (seen == UNPAID || !payment[p].confirmed) -> seen = UNPAID; seen_by = 0
           :: else ->
               misled = misled || !was_paid && p && payment[p].state == SUCCEEDED && seen == PAID && seen_by == p;
               p = 0; seen = UNPAID; seen_by = 0; goto asked
           fi
       }
    :: atomic {
           !healed -> printf("%e: crashes before its transaction\n", me);
           seen = UNPAID; seen_by = 0; goto asked
       }
    fi;
    flip(p, asked);
}

/* ---- ReversePayment, by the order ---- */
proctype Reverse(mtype me) {
    byte p, left;
end:
asked:
    if
    :: atomic {
           !healed && rows > 0 -> p = rows; left = PRICE - payment[p].refunded;
           printf("%e: reads payment %d, %d of it left\n", me, p, left)
       }
    :: atomic { !healed && rows == 0 -> printf("%e: reads that there is no payment\n", me); goto unseen }
    fi;
    if
    :: atomic {
           if
           :: payment[p].correction == NONE && payment[p].state == SUCCEEDED && STILL(p, left) ->
               begin(p, REVERSAL, 1, left); left = 0;
               printf("%e: transaction: begins to reverse payment %d\n", me, p)
           :: payment[p].correction != NONE && !payment[p].completed -> left = 0  /* somebody began before */
           :: payment[p].correction != NONE && payment[p].completed -> left = 0; goto told
           :: else -> p = 0; left = 0; goto asked  /* it changed since it was read */
           fi
       }
    :: atomic { !healed -> p = 0; left = 0; goto asked }
    fi;
carry:
    carry_out(p, asked);
told:
    atomic {
        told_reversed = told_reversed || payment[p].state == REVERSED || payment[p].state == VOIDED;
        printf("%e: is answered with payment %d, %e\n", me, p, payment[p].state);
        p = 0; goto asked
    };
unseen:  /* a tombstone, so that a payment that comes late is refused */
    if
    :: atomic { order == UNPAID || order == CANCELLED -> printf("%e: BatchGetOrders: the order is %e\n", me, order) }
    :: atomic { order == PAID || order == REFUNDED -> goto asked }
    :: atomic { !healed -> goto asked }
    fi;
#ifdef NO_TOMBSTONE
    atomic { rows == 0 -> told_reversed = 1; printf("%e: is answered: nothing to reverse\n", me); goto asked };
#else
    if
    :: atomic {
           if
           :: CLAIMED -> goto asked  /* a payment came first */
           :: else ->
               rows++; p = rows; payment[p].state = VOIDED; begin(p, VOID, 1, 0);
               printf("%e: transaction: tombstone, payment %d\n", me, p);
               goto carry
           fi
       }
    :: atomic { !healed -> goto asked }
    fi;
#endif
}

/* ---- RefundPayment: a part is one transaction; the rest goes the way back ---- */
proctype Refund(mtype me) {
    byte p;
end:
asked:
    if
    :: atomic {
           !healed && rows && payment[rows].state == SUCCEEDED && payment[rows].correction == NONE &&
           payment[rows].refunded + PART < PRICE ->
           payment[rows].refunded = PART; payee = payee - PART; payer = payer + PART;
           printf("%e: transaction: a part of payment %d\n", me, rows);
           goto asked
       }
    :: atomic {
           !healed && rows && payment[rows].state == SUCCEEDED && payment[rows].correction == NONE ->
           p = rows; begin(p, REFUND, 1, PRICE - payment[p].refunded);
           printf("%e: transaction: begins to refund the rest of payment %d\n", me, p)
       }
    :: atomic {  /* the same request again */
           !healed && rows && payment[rows].correction == REFUND && !payment[rows].completed -> p = rows
       }
    fi;
    carry_out(p, asked);
    p = 0; goto asked;
}

/* ---- CancelOrder, and money for the customer ---- */
proctype Cancel() {
end:
    atomic { !healed && order == UNPAID -> set_order(CANCELLED); printf("CancelOrder: the order is CANCELLED\n") }
}

proctype Deposit() {
end:
    atomic { !healed -> deposited = DEPOSIT; payer = payer + DEPOSIT }
}
