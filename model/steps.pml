/* The steps: transactions, and the messages between the services. */

/* ==== order_service: each of these is one transaction ==== */
inline set_order(to) {
    illegal = illegal || !(order == UNPAID && (to == PAID || to == CANCELLED) || order == PAID && to == REFUNDED);
    was_paid = was_paid || to == PAID;
    was_cancelled = was_cancelled || to == CANCELLED;
    order = to
}

inline mark_paid(p) {
    if
    :: FLIPS(p) -> set_order(PAID); paid_by = p; verdict = DONE
    :: else ->
        if
        :: ALREADY_PAID(p) -> verdict = DONE
        :: else -> verdict = REFUSED
        fi
    fi
}

inline mark_refunded(p) {
    if
    :: ENDS(p) && order == PAID -> set_order(REFUNDED)
    :: ENDS(p) && order == UNPAID -> set_order(CANCELLED)
    :: !ENDS(p)  /* ended before, or another payment's for good */
    fi
}

/* ==== payment_service: each of these is a part of one transaction ==== */
inline set_state(p, to) {
    illegal = illegal || payment[p].state != SUCCEEDED;
    payment[p].state = to
}

inline move(p) {  /* TakeBack: _move */
    if
    :: NOT_MOVED(p) ->
        if
        :: payment[p].state == VOIDED  /* a tombstone: no money had moved */
        :: payment[p].state != VOIDED ->
            printf("%e: transaction: %d of the money goes back, the %e is completed\n", me, payment[p].taking, payment[p].correction);
            payee = payee - payment[p].taking;
            payer = payer + payment[p].taking;
            if
            :: payment[p].state != SUCCEEDED  /* only where NO_MOVE_ONCE leads */
            :: payment[p].state == SUCCEEDED && payment[p].correction == REVERSAL -> set_state(p, REVERSED)
            :: payment[p].state == SUCCEEDED && payment[p].correction == REFUND -> set_state(p, GIVEN_BACK)
            fi
        fi;
        payment[p].completed = 1
    :: else
    fi
}

inline begin(p, kind, by_request, amount) {
    payment[p].correction = kind;
    payment[p].taking = amount;
    payment[p].requested = by_request
}

inline after_refusal(p) {
    if
    :: payment[p].correction != NONE -> move(p)
    :: payment[p].correction == NONE && !payment[p].confirmed ->
        begin(p, REVERSAL, 0, PRICE - payment[p].refunded);
        move(p)
    :: payment[p].correction == NONE && payment[p].confirmed
    fi
}

/* MarkOrdersPaid, and what follows; `next` is where to go on. */
inline flip(p, next) {
    if
    :: atomic {
           paid_sent[p] = 1;
           mark_paid(p);
           printf("%e: MarkOrdersPaid(payment %d) is answered %e; the order is %e\n", me, p, verdict, order);
           if
           :: verdict == DONE -> flipped[p] = 1; misled = misled || !was_paid; p = 0; goto next
           :: else -> verdict = DONE
           fi
       }
    :: atomic {
           !healed -> printf("%e: MarkOrdersPaid(payment %d) is sent; no answer comes\n", me, p);
           paid_sent[p] = 1;
#ifdef CONFIRM_ON_UNKNOWN
           flipped[p] = 1;
#endif
#ifndef REVERSE_ON_UNKNOWN
           p = 0; goto next
#endif
       }
    :: atomic { !healed -> printf("%e: crashes before it sends MarkOrdersPaid\n", me); p = 0; goto next }
    fi;
    if
    :: atomic {
           printf("%e: transaction: the flip was refused, so payment %d is reversed\n", me, p);
           after_refusal(p); p = 0; goto next
       }
    :: atomic { !healed -> printf("%e: crashes before it reverses\n", me); p = 0; goto next }
    fi
}

inline end_order(p, next) {  /* MarkOrdersRefunded */
    if
    :: atomic {
           refunded_sent[p] = 1;
           mark_refunded(p);
           printf("%e: MarkOrdersRefunded(payment %d) is answered; the order is %e\n", me, p, order)
       }
    :: atomic {
           !healed -> printf("%e: MarkOrdersRefunded(payment %d) is sent; no answer comes\n", me, p);
           refunded_sent[p] = 1;
#ifndef MOVE_ON_UNKNOWN
           p = 0; goto next
#endif
       }
    :: atomic { !healed -> printf("%e: crashes before it sends MarkOrdersRefunded\n", me); p = 0; goto next }
    fi
}

inline move_money(p, next) {
    if
    :: atomic { true -> move(p) }
    :: atomic { !healed -> printf("%e: crashes before the money goes back\n", me); p = 0; goto next }
    fi
}

inline carry_out(p, next) {  /* TakeBack.carry_out: the order, then the money */
#ifdef NO_GIVE_BACK_FIRST
    move_money(p, next); end_order(p, next)
#else
    end_order(p, next); move_money(p, next)
#endif
}
