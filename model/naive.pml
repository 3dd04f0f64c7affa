/* The pattern as it is usually told (DESIGN section 1): look at the order's status, debit, flip, answer. The checker must
 * find its double charge, twice: TWO_CALLERS lets two ask at once, CRASHES lets one die between debit and flip and ask again.
 * Money, order and messages are as in payonce.pml; what is missing is the claim and all that goes with it. */

#define PRICE 2

mtype = { UNPAID, PAID }
mtype = { PayOrder_A, PayOrder_B }

mtype order = UNPAID;
short payer = 4, payee;

proctype Pay(mtype me) {
asked:
    if
    :: atomic { order == PAID -> printf("%e: asks for the order: PAID; answers with the stored result\n", me); goto answered }
    :: atomic { order == UNPAID -> printf("%e: asks for the order: UNPAID\n", me) }
    fi;
    atomic {
        payer = payer - PRICE; payee = payee + PRICE;
        printf("%e: debits the customer; the merchant has received %d for an order of 2\n", me, payee);
        assert(payee <= PRICE)  /* I2 */
    };
    if
#ifdef CRASHES
    :: atomic { true -> printf("%e: crashes before the order is flipped; the caller asks again\n", me); goto asked }
#endif
    :: atomic {  /* UPDATE orders SET status = 'paid' WHERE status = 'unpaid' */
           order == UNPAID -> order = PAID; printf("%e: flips the order to PAID\n", me)
       }
    :: atomic { order == PAID -> printf("%e: finds the order flipped\n", me) }
    fi;
answered:
    skip
}

init {
    atomic {
#ifdef TWO_CALLERS
        run Pay(PayOrder_B);
#endif
        run Pay(PayOrder_A)
    }
}
