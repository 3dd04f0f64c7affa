/* Tables, memory, network, and what an observer remembers. */

#define PRICE 2
#define PART 1            /* of the price; a refund may give back a part */
#define DEPOSIT 4         /* enough to be charged twice */
#define ROWS 2            /* the protocol makes one; the second is where a missing guard shows */

mtype = { UNPAID, PAID, CANCELLED, REFUNDED }  /* of the order */
mtype = { ABSENT, SUCCEEDED, REVERSED, GIVEN_BACK, VOIDED }  /* GIVEN_BACK is a payment's REFUNDED */
mtype = { NONE, REVERSAL, REFUND, VOID }  /* corrections */
mtype = { DONE, REFUSED }  /* verdicts */
mtype = { PayOrder_A, PayOrder_B, ReversePayment, RefundPayment, completer }

/* ---- order_service's database ---- */
mtype order = UNPAID;
byte paid_by;             /* orders.payment_id */

/* ---- payment_service's database ---- */
typedef Payment {
    mtype state = ABSENT;
    bit confirmed;        /* it is not in unconfirmed */   
    byte refunded;        /* refunded_minor */
    mtype correction = NONE;  /* correction_id, and the kind of that correction */
    byte taking;          /* the correction's amount_minor */
    bit requested;        /* the correction's state_reason: a request, or the order's refusal */
    bit completed         /* the correction's completed_at is not null */
}
Payment payment[ROWS + 1];  /* payment[0] is never used */
byte rows;                /* ids are given in the order of insertion, so that equal states look equal */
short payer, payee;

/* ---- memory and network ---- */
bit flipped[ROWS + 1];    /* Confirm._flipped of any instance */
bit paid_sent[ROWS + 1];  /* a MarkOrdersPaid for this payment is under way: it may arrive at any time, and again */
bit refunded_sent[ROWS + 1];
bit healed;               /* from here on nobody crashes and every call is answered; what is under way may still arrive */
bit silent;               /* … or never does */

/* ---- what an observer remembers; no step looks at it ---- */
short deposited;
bit was_paid, was_cancelled, told_reversed;
bit illegal;              /* a state changed along no arrow */
bit misled;               /* somebody was told that the order is paid, and it was not */

mtype verdict = DONE;  /* of the step under way */
