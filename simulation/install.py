"""Puts simulated storage, network, clock and chance in the place of the real ones; the services stay as they are."""

import importlib
import inspect
import pkgutil
import sys
import types
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import order_service.main
import order_service.storage
import payment_service.clients.orders
import payment_service.main
import payment_service.rpc.servicer
import payment_service.storage
import payment_service.usecases
import simulation.storage
from order_service.config import OrderSettings
from payment_service.config import PaymentSettings
from shared.database import ContendedError
from shared.errors import PayonceError
from shared.telemetry.metrics import Watched
from simulation.database import SimulatedDatabase
from simulation.network import Channel
from simulation.stage import here

SERVICES = ("order_service", "payment_service", "shared")
NOT_SIMULATED = {"payment_service.storage.backlog", "payment_service.storage.seals"}
Replacement = tuple[Any, str, Any]


@contextmanager
def installed() -> Iterator[None]:
    """Within this, services that are assembled are simulated ones. Each run needs a stage of its own besides."""
    before: list[Replacement] = []
    try:
        for target, name, value in _replacements():
            before.append((target, name, getattr(target, name)))
            setattr(target, name, value)
        yield
    finally:
        for target, name, value in reversed(before):
            setattr(target, name, value)


def storage_functions() -> Iterator[tuple[types.ModuleType, str, types.ModuleType]]:
    """(real module, function, simulated module) of every statement of both services."""
    for package in (order_service.storage, payment_service.storage):
        for found in pkgutil.iter_modules(package.__path__):
            name = f"{package.__name__}.{found.name}"
            if found.name in ("grants", "migrations", "schema") or name in NOT_SIMULATED:
                continue
            real = importlib.import_module(name)
            for function, body in inspect.getmembers(real, inspect.iscoroutinefunction):
                if body.__module__ == name and not function.startswith("_"):
                    yield real, function, importlib.import_module(f"{simulation.storage.__name__}.{found.name}")


def _replacements() -> Iterator[Replacement]:
    for real, function, simulated in storage_functions():
        yield real, function, getattr(simulated, function)
    for main in (order_service.main, payment_service.main):
        yield main, "Database", SimulatedDatabase
        yield main, "load", _settings
        yield main, "WATCHED", Watched()  # or this process's metrics would be of simulated pools
    yield payment_service.clients.orders, "channel", _channel
    yield payment_service.rpc.servicer, "secrets", types.SimpleNamespace(token_urlsafe=_ticket)
    clock, jitter = types.SimpleNamespace(monotonic=_now), types.SimpleNamespace(uniform=_uniform)
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] not in SERVICES:
            continue
        for attribute, value in (("new_id", _new_id), ("time", clock), ("random", jitter), ("log", Log())):
            if _stands_for(module, attribute):
                yield module, attribute, value


def _stands_for(module: types.ModuleType, attribute: str) -> bool:
    """Whether the module uses the real clock, chance, ids or log by that name."""
    found = getattr(module, attribute, None)
    if attribute in ("time", "random"):
        return isinstance(found, types.ModuleType) and found.__name__ == attribute
    return found is not None and (attribute == "log" or callable(found))


def _settings(kind: type[Any]) -> Any:
    if kind is PaymentSettings:
        return PAYMENT_SETTINGS.model_copy(update={"authorization_ttl_s": here().authorization_ttl_s})
    return ORDER_SETTINGS


PAYMENT_SETTINGS = PaymentSettings()
ORDER_SETTINGS = OrderSettings()


def _channel(address: str, _: Any, *, timeout_s: float, **_as_the_real_one: Any) -> Channel:
    return Channel(here().network, address, timeout_s)


def _now() -> float:
    return here().world.now()


def _uniform(low: float, high: float) -> float:
    return low + (high - low) * here().world.chance.pick("jitter", 16) / 16


def _new_id() -> uuid.UUID:
    """Ordered by time, as the real ones."""
    world = here().world
    world.ids += 1
    return uuid.UUID(int=(int(world.now() * 1000) << 80) | 7 << 76 | 2 << 62 | world.ids)


def _ticket(_: int) -> str:
    return f"{_new_id().int % 10**22:022}"


def _quiet(*_: Any, **__: Any) -> None:
    """Nobody reads these."""


class Log:
    """Stands for structlog's: what is logged with a traceback was not foreseen, and is a finding."""

    debug: Callable[..., None] = staticmethod(_quiet)
    info: Callable[..., None] = staticmethod(_quiet)
    warning: Callable[..., None] = staticmethod(_quiet)

    def error(self, event: str, *_: Any, **values: Any) -> None:
        """A finding, unless it is of the errors that callers are told."""
        error = values.get("exc_info") or sys.exc_info()[1]
        if not isinstance(error, PayonceError | ContendedError):
            here().world.trouble.append(f"{event}: {error!r}")

    exception = error
