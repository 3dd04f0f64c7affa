"""Every failpoint there is, read from the code: so that a new one can't be left out of the matrix."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from payment_service.domain.corrections import CorrectionKind
from payonce.order.v1 import order_service_pb2
from payonce.payment.v1 import payment_service_pb2

ROOT = Path(__file__).parents[1]
ORDER, PAYMENT = "order_service", "payment_service"
STEPS = ("begun", "commit_sent", "committed")
# Names that are made while the service runs. Those of `shared` stand for every method and every transaction.
OF_METHODS = {"received", "f'reply_sent:{name}'"}
OF_TRANSACTIONS = {f"f'{step}:{{name}}'" for step in STEPS}
PASSED_ON = {"name"}  # inside shared.failpoints itself


class Point(NamedTuple):
    """Where a process can be told to die."""

    service: str
    name: str


class UnknownNameError(Exception):
    """A failpoint, or a transaction, whose name can't be told from the code."""


def points() -> set[Point]:
    """All of them, of both services."""
    return {point for service in (ORDER, PAYMENT) for point in _of(service)}


def _of(service: str) -> Iterator[Point]:
    for method in _methods(service):
        yield Point(service, f"request_received:{method}")
        yield Point(service, f"reply_sent:{method}")
    calls = list(_calls(ROOT / service))
    for name in _literals(calls):
        yield Point(service, name)
    for transaction in _transactions(calls):
        for step in STEPS:
            yield Point(service, f"{step}:{transaction}")
    for name in _literals(list(_calls(ROOT / "shared"))):
        yield Point(service, name)


def _methods(service: str) -> list[str]:
    described = {
        ORDER: order_service_pb2.DESCRIPTOR.services_by_name["OrderService"],
        PAYMENT: payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"],
    }
    return [method.name for method in described[service].methods]


def _calls(folder: Path) -> Iterator[ast.Call]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(), filename=str(file))):
            if isinstance(node, ast.Call):
                yield node


def _literals(calls: list[ast.Call]) -> Iterator[str]:
    for call in calls:
        if _name_of(call) not in ("failpoint", "failpoint_during"):
            continue
        name = call.args[0]
        if isinstance(name, ast.Constant):
            yield str(name.value)
        elif ast.unparse(name) not in OF_METHODS | OF_TRANSACTIONS | PASSED_ON:
            raise UnknownNameError(ast.unparse(call))


def _transactions(calls: list[ast.Call]) -> Iterator[str]:
    """The names given to `transact`; one that is not given is empty."""
    for call in calls:
        if _name_of(call) != "transact":
            continue
        name = next((keyword.value for keyword in call.keywords if keyword.arg == "name"), None)
        if name is None:
            yield ""
        elif isinstance(name, ast.Constant):
            yield str(name.value)
        else:
            yield from _computed(ast.unparse(name), calls)


def _computed(name: str, calls: list[ast.Call]) -> Iterator[str]:
    if name == "correction.kind":
        yield from CorrectionKind
    elif name == "request.key.method":
        yield from (ast.literal_eval(call.args[0]) for call in calls if _name_of(call) == "once_request")
    else:
        raise UnknownNameError(f"transact(…, name={name})")


def _name_of(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
