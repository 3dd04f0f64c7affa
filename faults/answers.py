"""How often callers were told what, by RPC, and by the kinds of faults that were on."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from faults.history import Call
from faults.kinds import KINDS
from faults.run import Result

NO_FAULT = "none"
HUNG_UP = "hung up"  # the caller did, and was told nothing
UNCONFIRMED = "OK, order_confirmed=false"
LINGERS_S = 3.0  # a process starts again, a channel connects again; longer on a busy machine
UNTIL_HEALED = {"lost_order"}  # these orders come back last of all
Answers = Mapping[str, Mapping[str, Mapping[str, int]]]  # kind of fault → RPC → what was said → how often


def answers(result: Result) -> Answers:
    """Of a seed. Faults overlap: an answer counts for every kind that was on within the call, or shortly before it.

    With one kind alone nobody else can have done it: there each answer counts for it, from the first fault on.
    """
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for call in result.calls:
        for kind in _on(result, call) or {NO_FAULT}:
            found[kind][call.rpc][said(call)] += 1
    return found


def said(call: Call) -> str:
    """The answer in a word: OK, `STATUS`, or `STATUS/REASON`."""
    if call.hung_up:
        return HUNG_UP
    is_unconfirmed = call.rpc in ("PayOrder", "CapturePayment") and call.answer and not call.answer.order_confirmed
    return UNCONFIRMED if is_unconfirmed else call.said


def _on(result: Result, call: Call) -> set[str]:
    lasting = bool(result.plan.alone)
    planned = {
        fault.kind
        for start, end, fault in result.injected
        if start <= call.ended_s and (lasting or fault.kind in UNTIL_HEALED or end >= call.begun_s - LINGERS_S)
    }
    habits = {kind for kind in result.plan.mix if KINDS[kind].habit}
    return planned | (habits if call.begun_s <= result.healed_at_s else set())
