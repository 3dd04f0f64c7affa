/* What goes on by itself: the completer, and the network. */

#define DUE(p) (payment[p].state == SUCCEEDED && !payment[p].confirmed)
#define UNFINISHED(p) (payment[p].correction != NONE && !payment[p].completed)

inline flush(p) {
    flipped[p] = 0;
    if
    :: payment[p].state == SUCCEEDED -> payment[p].confirmed = 1; printf("%e: transaction: payment %d is confirmed\n", me, p)
    :: else
    fi
}

/* Each part of a turn is a process of its own: the loop attempts them all, whatever becomes of the others. */
proctype Flush(mtype me) {  /* Confirm.flush */
end:
    do
    :: atomic { flipped[1] -> flush(1) }
    :: atomic { flipped[2] -> flush(2) }
    :: atomic { !healed && flipped[1] -> flipped[1] = 0 }  /* forgotten in a crash, or its row was locked */
    :: atomic { !healed && flipped[2] -> flipped[2] = 0 }
    od
}

proctype Complete(mtype me) {  /* Completer._complete_due */
    byte p;
end:
    if
    :: atomic { DUE(1) -> p = 1 }
    :: atomic { DUE(2) -> p = 2 }
    fi;
    flip(p, end)
}

proctype CarryOn(mtype me) {  /* Completer._carry_on */
    byte p;
end:
    if
    :: atomic { UNFINISHED(1) -> p = 1 }
    :: atomic { UNFINISHED(2) -> p = 2 }
    fi;
    carry_out(p, end);
    atomic { p = 0; goto end }
}

/* What is under way arrives late, twice, in another order, or never. An arrival that changes nothing is not a step. */
inline deliver(p) {
    if
    :: paid_sent[p] && FLIPS(p) ->
        mark_paid(p); printf("network: a late MarkOrdersPaid(payment %d) arrives; the order is %e\n", p, order)
    :: refunded_sent[p] && ENDS(p) ->
        mark_refunded(p); printf("network: a late MarkOrdersRefunded(payment %d) arrives; the order is %e\n", p, order)
    fi
}

#define ARRIVES(p) (!silent && (paid_sent[p] && FLIPS(p) || refunded_sent[p] && ENDS(p)))

proctype Network() {
end:
    do
    :: atomic { ARRIVES(1) -> deliver(1) }
    :: atomic { ARRIVES(2) -> deliver(2) }
    od
}

proctype Heal() {
    atomic {
        healed = 1; printf("from here on nothing fails\n");
        if
        :: silent = 0
        :: silent = 1  /* what was under way is lost: nothing may depend on its arrival */
        fi
    };
    do :: healed od  /* time goes on, also when nobody has anything to do: a standstill is an endless run like any other */
}
