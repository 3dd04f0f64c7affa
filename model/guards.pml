/* The guards, each of which -D and its name takes away. */

#define FREE_ROW (rows < ROWS)
#if defined(NO_CLAIM)
#define CLAIMED (!FREE_ROW)
#elif defined(CLAIM_LET_GO)
#define CLAIMED (rows > 0 && (payment[rows].state == SUCCEEDED || !FREE_ROW))
#else
#define CLAIMED (rows > 0)
#endif

#ifdef NO_CONDITIONAL_FLIP
#define FLIPS(p) (!(order == PAID && paid_by == p))
#else
#define FLIPS(p) (order == UNPAID)
#endif

#ifdef NO_ALREADY_DONE
#define ALREADY_PAID(p) false
#else
#define ALREADY_PAID(p) (order == PAID && paid_by == p)
#endif

#ifdef NO_FINAL_UNPAID
#define ENDS(p) (order == PAID && paid_by == p)
#else
#define ENDS(p) (order == UNPAID || order == PAID && paid_by == p)
#endif

#ifdef NO_MOVE_ONCE
#define NOT_MOVED(p) true
#else
#define NOT_MOVED(p) (!payment[p].completed)
#endif

#ifdef NO_AMOUNT_COMPARE
#define STILL(p, left) true
#else
#define STILL(p, left) (PRICE - payment[p].refunded == left)
#endif
