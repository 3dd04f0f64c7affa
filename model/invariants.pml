/* ==== the invariants of DESIGN section 6 ==== */
#define STANDS(p) (payment[p].state == SUCCEEDED)
#define DECIDED(p) (STANDS(p) && payment[p].confirmed && payment[p].correction == NONE \
                    || !STANDS(p) && (payment[p].state == ABSENT || payment[p].completed))
#define SETTLED (DECIDED(1) && DECIDED(2))
#define KEPT(p) (STANDS(p) * (PRICE - payment[p].refunded))
#define WHY(p) (payment[p].state != REVERSED || payment[p].requested || order == CANCELLED || order == REFUNDED || order == PAID && paid_by != p)
#define PAIR(p) (STANDS(p) && order == PAID && paid_by == p)

#define I1 (!misled && (!told_reversed || !STANDS(1) && !STANDS(2)))
#define I2 (rows <= 1 && payee <= PRICE)
#define I3 (payer + payee == deposited)
#define I4 (payee == KEPT(1) + KEPT(2))
#define I5 (payer >= 0)
#define I6 (!SETTLED || order == PAID && STANDS(1) + STANDS(2) == 1 && (PAIR(1) || PAIR(2)) || order != PAID && !STANDS(1) && !STANDS(2))
#define I8 (WHY(1) && WHY(2))
#define I9 (payee >= 0)
#define I10 (!(was_paid && was_cancelled))
#define I11 (!illegal)

ltl safety { [] (I1 && I2 && I3 && I4 && I5 && I6 && I8 && I9 && I10 && I11) }
ltl i1 { [] I1 }
ltl i2 { [] I2 }
ltl i3 { [] I3 }
ltl i4 { [] I4 }
ltl i5 { [] I5 }
ltl i6 { [] I6 }
ltl i8 { [] I8 }
ltl i9 { [] I9 }
ltl i10 { [] I10 }
ltl i11 { [] I11 }
ltl i16 { <> [] SETTLED }

/* What must be seen to happen, or the above would say little: each of these is to be broken. */
#define ENDED (rows == 1 && SETTLED)
ltl never_paid { [] !(ENDED && order == PAID && payment[1].refunded == 0) }
ltl never_paid_in_part { [] !(ENDED && order == PAID && payment[1].refunded == PART) }
ltl never_refunded { [] !(ENDED && payment[1].state == GIVEN_BACK && order == REFUNDED) }
ltl never_reversed { [] !(ENDED && payment[1].state == REVERSED && payment[1].requested && order == REFUNDED) }
ltl never_refused { [] !(ENDED && payment[1].state == REVERSED && !payment[1].requested && order == CANCELLED) }
ltl never_forbidden { [] !(ENDED && payment[1].state == VOIDED && told_reversed) }
ltl never_late { [] !(ENDED && payment[1].state == REVERSED && paid_sent[1]) }
