"""payment_service's own books: the ledger, the payments and their history."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from simulation.stage import Stage

# What may have happened to a payment that stands in a state, from the first line to the last.
CHARGED = "(charged|authorized captured)( confirmed| refunded)*"
LEGAL = {
    "declined": re.compile("declined"),
    "authorized": re.compile("authorized( void_begun)?"),
    "voided": re.compile("authorized void_begun voided|void_begun( voided)?"),
    "succeeded": re.compile(f"{CHARGED}( (refund|reversal)_begun( confirmed)?)?"),
    "refunded": re.compile(f"{CHARGED} refund_begun( confirmed)? refunded"),
    "reversed": re.compile(f"{CHARGED} reversal_begun( confirmed)? reversed"),
}
GIVEN_BACK = ("refunded", "reversed", "voided")


def books(stage: Stage) -> Iterator[str]:
    """I1 to I5, I9, I11, I12."""
    yield from _ledger(stage)
    moved: dict[Any, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    entries = {(e["account_id"], e["sequence"]): e for e in stage.rows("entries")}
    for head in stage.rows("transfers"):
        leg = entries.get((head["target_account_id"], head["target_sequence"]))
        if leg is None or leg["transfer_id"] != head["transfer_id"]:
            yield f"I3 transfer {head['transfer_id']} has no second leg"
        else:
            moved[head["payment_id"]][head["kind"]].append(leg["amount_minor"])
    yield from _payments(stage, moved)
    yield from _tickets(stage)


def _ledger(stage: Stage) -> Iterator[str]:
    sums: dict[Any, int] = defaultdict(int)
    by_account: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in stage.rows("entries"):
        sums[entry["transfer_id"]] += entry["amount_minor"]
        by_account[entry["account_id"]].append(entry)
    for transfer_id, total in sums.items():
        if total:
            yield f"I3 the entries of transfer {transfer_id} sum to {total}"
    held: dict[str, int] = defaultdict(int)
    for payment in stage.rows("payments"):
        if payment["state"] == "authorized":
            held[payment["payer_account_id"]] += payment["amount_minor"]
    for account in stage.rows("accounts"):
        name, balance, before = account["account_id"], 0, 0
        for entry in sorted(by_account[name], key=lambda e: int(e["sequence"])):
            balance += entry["amount_minor"]
            if entry["sequence"] != before + 1 or entry["balance_after_minor"] != balance:
                yield f"I4 entry {name}/{entry['sequence']} does not follow the one before"
            before = entry["sequence"]
            if account["kind"] == "customer" and balance < 0:
                yield f"I5 entry {name}/{before} left {balance}"
        if (account["balance_minor"], account["last_sequence"]) != (balance, before):
            yield f"I4 {name} has {account['balance_minor']}; its entries sum to {balance}"
        if account["held_minor"] != held[name]:
            yield f"I4 {name} holds {account['held_minor']}; authorizations are {held[name]}"


def _payments(stage: Stage, moved: dict[Any, dict[str, list[int]]]) -> Iterator[str]:
    events: dict[Any, list[str]] = defaultdict(list)
    for line in sorted(stage.rows("history"), key=lambda row: int(row["position"])):
        events[line["payment_id"]].append(line["event"])
    corrections: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for correction in stage.rows("corrections"):
        corrections[correction["payment_id"]].append(correction)
    claims: dict[str, int] = defaultdict(int)
    for p in stage.rows("payments"):
        claims[p["subject"]] += p["state"] != "declined"
        told, took, state = " ".join(events[p["payment_id"]]), moved[p["payment_id"]], p["state"]
        if not LEGAL[state].fullmatch(told) or events[p["payment_id"]].count("confirmed") > 1:
            yield f"I11 payment {p['payment_id']} of {p['subject']} is {state} after: {told}"
        charged, refunded, taken_back = (took.get(kind, []) for kind in ("charge", "refund", "reversal"))
        left = p["captured_minor"] - p["refunded_minor"]
        if charged != ([p["captured_minor"]] if p["captured_minor"] else []):
            yield f"I1 payment {p['payment_id']} of {p['subject']} is of {p['captured_minor']}, charged {charged}"
        if sum(refunded) != p["refunded_minor"] or taken_back != ([left] if state == "reversed" else []):
            yield f"I9 {state} payment {p['payment_id']} of {p['captured_minor']} gave back {refunded}, {taken_back}"
        yield from _corrected(p, corrections[p["payment_id"]])
    for subject, count in claims.items():
        if count > 1:
            yield f"I2 {subject} has {count} payments that are not declined"


def _corrected(p: dict[str, Any], corrections: list[dict[str, Any]]) -> Iterator[str]:
    own = [c for c in corrections if c["correction_id"] == p["correction_id"]]
    if (p["correction_id"] is not None) != (len(own) == 1):
        yield f"I8 payment {p['payment_id']} has no correction {p['correction_id']}"
    elif p["state"] in GIVEN_BACK and not own:
        yield f"I8 payment {p['payment_id']} is {p['state']} without a correction"
    elif own and (own[0]["completed_at"] is not None) != (p["state"] in GIVEN_BACK):
        yield f"I8 payment {p['payment_id']} is {p['state']}, its correction is from {own[0]['completed_at']}"
    if sum(c["amount_minor"] for c in corrections if c["kind"] != "void") > p["captured_minor"]:
        yield f"I9 payment {p['payment_id']} of {p['captured_minor']} is given back more than once"


def _tickets(stage: Stage) -> Iterator[str]:
    claims = {p["subject"]: p for p in stage.rows("payments") if p["state"] != "declined"}
    for ticket in stage.rows("tickets"):
        payment = claims.get(ticket["subject"])
        made = payment["payment_id"] if payment and payment["state"] != "voided" else None
        if made != ticket["payment_id"]:
            yield f"I12 {ticket['subject']} is {ticket['status']} by {ticket['payment_id']}, paid {made}"
        elif payment and made and payment["created_at"] >= ticket["expires_at"]:
            yield f"I12 {ticket['subject']} was used after its time"
