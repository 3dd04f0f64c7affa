"""What clients do: stories, each about one order, ticket or account, made from the seed alone.

A story is rounds; the calls of a round are sent at the same time. So the calls that have to do with a thing are the
calls of its story, and a violation is shown by them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

Round = tuple["Ask", ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One call, and how its caller behaves."""

    rpc: str
    values: dict[str, Any] = field(default_factory=dict)
    process: int = 0  # which payment_service, or order_service
    attempts: int = 1  # with the same ids
    timeout_s: float = 2.0
    cancel_after_s: float | None = None  # the caller of the first attempt hangs up
    twice: bool = False  # the first attempt is sent to the other process too, at the same time


@dataclass(frozen=True, slots=True)
class Story:
    """A thing, and what is done with it."""

    number: int
    kind: str
    customer: str
    merchant: str
    amount: int
    rounds: tuple[Round, ...]

    @property
    def order_id(self) -> str:
        """The order that it is about, if it is about one."""
        return f"order-{self.number}"


@dataclass(frozen=True, slots=True)
class Habits:
    """What a seed's clients are like."""

    kinds: dict[str, float]  # of stories, with their weights
    customers: int
    merchants: int
    timeouts_s: tuple[float, ...]
    retrying: float  # the share of calls that are sent again until they are answered
    hanging_up: float
    twice: float


class Teller:
    """Tells a seed's stories. The same seed and number: the same story."""

    def __init__(self, seed: int, habits: Habits) -> None:
        self._seed, self._habits = seed, habits

    def story(self, number: int) -> Story:
        """One story."""
        random = Random(f"{self._seed}/story/{number}")
        habits = self._habits
        kind = random.choices(list(habits.kinds), list(habits.kinds.values()))[0]
        amount = random.randint(1, 3_000)
        rounds = STORIES[kind](_Pen(random, habits, number, amount))
        customer = f"customer-{random.randrange(habits.customers)}"
        merchant = f"merchant-{random.randrange(habits.merchants)}"
        return Story(number, kind, customer, merchant, amount, tuple(tuple(one) for one in rounds))


class _Pen:
    """Writes calls with the habits of the seed."""

    def __init__(self, random: Random, habits: Habits, number: int, amount: int) -> None:
        self.random, self.number, self.amount = random, number, amount
        self._habits = habits

    def ask(self, rpc: str, **values: Any) -> Ask:
        random, habits = self.random, self._habits
        return Ask(
            rpc,
            values,
            process=random.randrange(2),
            attempts=random.choice((3, 8, 20)) if random.random() < habits.retrying else 1,
            timeout_s=random.choice(habits.timeouts_s),
            cancel_after_s=random.uniform(0, 0.05) if random.random() < habits.hanging_up else None,
            twice=random.random() < habits.twice,
        )

    def some(self, rpc: str, most: int = 3, **values: Any) -> list[Ask]:
        return [self.ask(rpc, **values) for _ in range(self.random.randint(1, most))]

    def maybe(self, probability: float, *asks: Ask) -> list[Ask]:
        return list(asks) if self.random.random() < probability else []

    def part(self) -> int:
        return self.random.randint(1, max(1, self.amount // 2))

    def refund(self, name: str, amount: int) -> Ask:
        return self.ask("RefundPayment", request_id=f"refund-{self.number}-{name}", amount=amount)

    def create(self) -> list[Ask]:
        """An order that is there: who wants to pay it waits for it."""
        made = self.ask("CreateOrder")
        return [Ask(made.rpc, made.values, made.process, max(made.attempts, 8), made.timeout_s)]


Rounds = list[list[Ask]]


def _pay(pen: _Pen) -> Rounds:
    return [pen.create(), pen.some("PayOrder"), pen.maybe(0.5, pen.ask("PayOrder")), [pen.ask("LookupPayment")]]


def _pay_and_cancel(pen: _Pen) -> Rounds:
    both = [*pen.some("PayOrder", 2), pen.ask("CancelOrder")]
    pen.random.shuffle(both)
    return [pen.create(), both, pen.maybe(0.5, pen.ask("PayOrder")), pen.maybe(0.3, pen.ask("CancelOrder"))]


def _cancel_then_pay(pen: _Pen) -> Rounds:
    return [pen.create(), [pen.ask("CancelOrder")], pen.some("PayOrder")]


def _refund(pen: _Pen) -> Rounds:
    first = pen.part()
    again = pen.refund("a", first)
    return [
        pen.create(),
        [pen.ask("PayOrder")],
        [again, again, *pen.maybe(0.5, pen.refund("b", pen.part()))],
        pen.maybe(0.5, pen.refund("a", first + 1)),  # the same id for something else (F35)
        pen.maybe(0.5, pen.refund("c", pen.amount), pen.refund("d", pen.amount - first or 1)),
        pen.maybe(0.5, pen.ask("PayOrder")),
    ]


def _refund_in_full(pen: _Pen) -> Rounds:
    whole = pen.refund("a", pen.amount)
    return [pen.create(), pen.some("PayOrder", 2), [whole, *pen.maybe(0.5, whole)], [whole], pen.some("PayOrder", 2)]


def _reverse(pen: _Pen) -> Rounds:
    together = pen.random.random() < 0.5  # noqa: PLR2004
    pay, reverse = pen.some("PayOrder", 2), pen.some("ReversePayment", 2)
    middle = [[*pay, *reverse]] if together else [pay, reverse]
    return [pen.create(), *middle, pen.maybe(0.6, pen.ask("PayOrder")), pen.maybe(0.5, pen.ask("ReversePayment"))]


def _reverse_first(pen: _Pen) -> Rounds:
    return [pen.create(), [pen.ask("ReversePayment")], pen.some("PayOrder")]


def _authorize(pen: _Pen) -> Rounds:
    capture = pen.ask("CapturePayment", amount=pen.amount if pen.random.random() < 0.5 else pen.part())  # noqa: PLR2004
    end = pen.random.choice(("capture", "void", "both", "reverse", "cancel"))
    middle = {
        "capture": [capture, *pen.maybe(0.5, capture)],
        "void": pen.some("VoidAuthorization", 2),
        "both": [capture, pen.ask("VoidAuthorization")],
        "reverse": [capture, pen.ask("ReversePayment")],
        "cancel": [capture, pen.ask("CancelOrder")],
    }[end]
    return [pen.create(), pen.some("AuthorizePayment", 2), middle, [capture], pen.maybe(0.3, pen.ask("PayOrder"))]


def _ticket(pen: _Pen) -> Rounds:
    bound = pen.random.random() < 0.5  # noqa: PLR2004
    use = pen.some("PayWithTicket", 3)
    after = [pen.ask("ReversePayment")] if pen.random.random() < 0.3 else [pen.refund("a", pen.part())]  # noqa: PLR2004
    return [[pen.ask("CreateTicket", bound=bound)], use, pen.maybe(0.5, *after), pen.some("PayWithTicket", 2)]


def _deposit(pen: _Pen) -> Rounds:
    name = f"deposit-{pen.number}"
    put = pen.ask("Deposit", request_id=name, amount=pen.amount)
    return [
        [put, *pen.maybe(0.5, put)],
        [put],
        pen.maybe(0.3, pen.ask("Deposit", request_id=name, amount=pen.amount + 1)),  # F35
    ]


def _withdraw(pen: _Pen) -> Rounds:
    take = pen.ask("Withdraw", request_id=f"withdraw-{pen.number}", amount=pen.part())
    return [[take, *pen.maybe(0.5, take)], [take]]


def _refused(pen: _Pen) -> Rounds:
    """What is refused whatever happens, and must move nothing."""
    wrong = pen.random.choice(
        (
            pen.ask("PayOrder", expected=pen.amount + 1),
            pen.ask("PayOrder", order_id="no-such-order"),
            pen.ask("PayOrder", order_id=""),
            pen.ask("Deposit", request_id=f"bad-{pen.number}", amount=-pen.amount),
            pen.ask("Withdraw", request_id=f"much-{pen.number}", amount=10**12),
        )
    )
    return [pen.create(), [wrong], pen.maybe(0.5, wrong)]


def _batch(pen: _Pen) -> Rounds:
    """Several orders of one customer; others pay, or cancel, one of them at the same time."""
    orders = [f"order-{pen.number}{end}" for end in ("", "-b", "-c")]
    asked = [*orders, *(["no-such-order"] if pen.random.random() < 0.3 else [])]  # noqa: PLR2004
    pen.random.shuffle(asked)
    batch = pen.ask("BatchPayOrders", orders=asked)
    others = [*pen.maybe(0.5, pen.ask("PayOrder", order_id=orders[0])),
              *pen.maybe(0.4, pen.ask("CancelOrder", order_id=orders[1]))]  # fmt: skip
    made = [replace(one, values={"order_id": order_id}) for order_id in orders for one in pen.create()]
    return [made, [batch, *pen.maybe(0.3, batch), *others], pen.maybe(0.5, batch)]


STORIES: dict[str, Callable[[_Pen], Rounds]] = {
    "pay": _pay,
    "pay_and_cancel": _pay_and_cancel,
    "cancel_then_pay": _cancel_then_pay,
    "refund": _refund,
    "refund_in_full": _refund_in_full,
    "reverse": _reverse,
    "reverse_first": _reverse_first,
    "authorize": _authorize,
    "ticket": _ticket,
    "deposit": _deposit,
    "withdraw": _withdraw,
    "refused": _refused,
    "batch": _batch,
}
