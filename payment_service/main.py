"""The parts list of payment_service."""

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

from payment_service.clients.orders import OrdersClient
from payment_service.config import PaymentSettings
from payment_service.console import reconcile
from payment_service.rpc.access import ACCESS
from payment_service.rpc.servicer import PaymentServicer, UseCases
from payment_service.storage.grants import GRANTS
from payment_service.usecases.accounts import Accounts
from payment_service.usecases.backlog import Backlog
from payment_service.usecases.captures import Captures
from payment_service.usecases.completer import Completer
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.endings import Endings
from payment_service.usecases.lookup import Lookups
from payment_service.usecases.pay_orders import PayOrders
from payment_service.usecases.pay_tickets import PayTickets, Tickets
from payment_service.usecases.reconcile import Reconcile
from payment_service.usecases.refunds import Refunds
from payment_service.usecases.sealer import Sealer
from payment_service.usecases.take_back import TakeBack
from payonce.payment.v1 import payment_service_pb2, payment_service_pb2_grpc
from shared.coalescer import Coalescer
from shared.config import load
from shared.database import Database
from shared.errors import PayonceError, StartupError
from shared.rpc.exposure import expose
from shared.rpc.launch import Program, launch
from shared.rpc.server import Service
from shared.rpc.tls import tls_files
from shared.telemetry.metrics import WATCHED
from shared.telemetry.switch import SWITCH

NAME = "payment_service"


def assemble(url: str, prepare: Callable[[], None]) -> Service:
    """Every constructor of the service."""
    settings = load(PaymentSettings)
    # Two pools: a herd of callers at one account must not keep the batches, nor the completer, from theirs.
    batches = Database(url, pool_size=2 * settings.lanes + 4, application=NAME)
    calls = Database(url, pool_size=settings.pool_size, application=NAME)
    orders = orders_client(settings)
    take_back, by_request = TakeBack(batches, orders), TakeBack(calls, orders)
    confirm = Confirm(batches, orders, take_back)
    captures = Captures(calls, confirm, by_request)
    completer = Completer(batches, confirm, take_back, captures)
    sealer = Sealer(batches)
    limits = {"lanes": settings.lanes, "batch_limit": settings.batch_limit, "queue_limit": settings.queue_limit}
    use = UseCases(
        pay_orders=Coalescer(PayOrders(batches, orders, confirm), **limits, name="pay_orders"),
        pay_tickets=Coalescer(PayTickets(batches), **limits, name="pay_tickets"),
        tickets=Tickets(calls),
        captures=captures,
        refunds=Refunds(calls, by_request),
        endings=Endings(calls, orders, by_request),
        lookups=Lookups(calls, orders),
        accounts=Accounts(calls),
    )
    WATCHED.watch(
        pools={"batches": batches, "calls": calls},
        queues={"pay_orders": use.pay_orders, "pay_tickets": use.pay_tickets},
    )
    servicer = PaymentServicer(
        use,
        ticket_ttl_s=settings.ticket_ttl_s,
        authorization_ttl=timedelta(seconds=settings.authorization_ttl_s),
    )
    return Service(
        name=NAME,
        address=settings.listen,
        exposure=expose(settings, ACCESS),
        grpc_services=[payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"].full_name],
        register=lambda server: payment_service_pb2_grpc.add_PaymentServiceServicer_to_server(servicer, server),
        databases=[batches, calls],
        prepare=prepare,
        background=[completer.run, sealer.run, *([Backlog(batches).run] if SWITCH.metrics else [])],
        drain=[use.pay_orders.drain, use.pay_tickets.drain, completer.drain, sealer.drain, orders.close],
        grace_s=settings.grace_s,
    )


def orders_client(settings: PaymentSettings) -> OrdersClient:
    """To be made inside the loop: its channel belongs to that."""
    return OrdersClient(
        settings.order_service,
        timeout_s=settings.order_timeout_s,
        tls=tls_files(settings),
        name=settings.order_service_name,
    )


def reconciled(url: str, *, apply: bool) -> int:
    """Compare every payment with its order, and with `apply` bring them together; the exit status."""
    settings = load(PaymentSettings)

    async def work() -> int:
        database = Database(url, pool_size=2, application=f"{NAME} reconcile")
        orders = orders_client(settings)
        try:
            endings = Endings(database, orders, TakeBack(database, orders))
            return await reconcile(Reconcile(database, orders, endings), apply=apply)
        except PayonceError as error:
            raise StartupError(error.message) from error
        finally:
            await orders.close()
            await database.close()

    return asyncio.run(work())


def main() -> NoReturn:
    """The console command `payment-service`."""
    program = Program(
        name=NAME,
        embedded_database="payments",
        settings=PaymentSettings,
        assemble=assemble,
        grants=GRANTS,
        commands={
            "reconcile": lambda url: reconciled(url, apply=False),
            "reconcile --apply": lambda url: reconciled(url, apply=True),
        },
    )
    launch(program, sys.argv[1:])
