/* The protocol, for one order: every transaction and every message is one step, and all orders of steps are explored.
 *
 * docs/model.md says which step stands for which line of code. A guard is taken away with -D and its name; the checker
 * must then find a violation (model/runs.py). Run it with `make model`.
 */

#include "state.pml"
#include "guards.pml"
#include "steps.pml"
#include "callers.pml"
#include "completer.pml"
#include "invariants.pml"

init {
    atomic {
#ifdef HEALS
        run Heal();
#endif
        run Flush(completer); run Network();
#ifndef NO_COMPLETER
        run Complete(completer);
#endif
#ifndef NO_CARRY_ON
        run CarryOn(completer);
#endif
#ifndef ONE_PAYER
        run Pay(PayOrder_B);
#endif
        run Pay(PayOrder_A);
        run Reverse(ReversePayment); run Refund(RefundPayment); run Cancel(); run Deposit()
    }
}
