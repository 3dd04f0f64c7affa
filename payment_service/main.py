"""The parts list of payment_service."""

import sys
from collections.abc import Callable
from typing import NoReturn

from payment_service.clients.orders import OrdersClient
from payment_service.config import PaymentSettings
from payment_service.domain.payments import Paid, PayOrder
from payment_service.rpc.servicer import PaymentServicer
from payment_service.usecases.accounts import Accounts
from payment_service.usecases.completer import Completer
from payment_service.usecases.confirm import Confirm
from payment_service.usecases.lookup import Lookups
from payment_service.usecases.pay_orders import PayOrders
from payonce.payment.v1 import payment_service_pb2, payment_service_pb2_grpc
from shared.coalescer import Coalescer
from shared.config import load
from shared.database import Database
from shared.rpc.launch import Program, launch
from shared.rpc.server import Service

NAME = "payment_service"


def assemble(url: str, prepare: Callable[[], None]) -> Service:
    """Every constructor of the service."""
    settings = load(PaymentSettings)
    database = Database(url, pool_size=settings.pool_size, application=NAME)
    orders = OrdersClient(settings.order_service)
    confirm = Confirm(database, orders)
    completer = Completer(database, confirm)
    pay_orders: Coalescer[PayOrder, Paid] = Coalescer(
        PayOrders(database, orders, confirm),
        lanes=settings.lanes,
        batch_limit=settings.batch_limit,
        queue_limit=settings.queue_limit,
    )
    servicer = PaymentServicer(pay_orders, Accounts(database), Lookups(database))
    return Service(
        name=NAME,
        address=settings.listen,
        grpc_services=[payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"].full_name],
        register=lambda server: payment_service_pb2_grpc.add_PaymentServiceServicer_to_server(servicer, server),
        database=database,
        prepare=prepare,
        background=[completer.run],
        drain=[pay_orders.drain, completer.drain, orders.close],
        grace_s=settings.grace_s,
    )


def main() -> NoReturn:
    """The console command `payment-service`."""
    program = Program(
        name=NAME,
        embedded_database="payments",
        database_url=lambda: load(PaymentSettings).database_url,
        assemble=assemble,
    )
    launch(program, sys.argv[1:])
