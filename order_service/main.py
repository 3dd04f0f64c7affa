"""The parts list of order_service."""

import sys
from collections.abc import Callable
from typing import NoReturn

from order_service.config import OrderSettings
from order_service.rpc.access import ACCESS
from order_service.rpc.servicer import OrderServicer
from order_service.storage.grants import GRANTS
from order_service.usecases.orders import Orders
from payonce.order.v1 import order_service_pb2, order_service_pb2_grpc
from shared.config import load
from shared.database import Database
from shared.rpc.exposure import expose
from shared.rpc.launch import Program, launch
from shared.rpc.server import Service
from shared.telemetry.metrics import WATCHED

NAME = "order_service"


def assemble(url: str, prepare: Callable[[], None]) -> Service:
    """Every constructor of the service."""
    settings = load(OrderSettings)
    database = Database(url, pool_size=settings.pool_size, application=NAME)
    servicer = OrderServicer(Orders(database))
    WATCHED.watch(pools={"calls": database})
    return Service(
        name=NAME,
        address=settings.listen,
        exposure=expose(settings, ACCESS),
        grpc_services=[order_service_pb2.DESCRIPTOR.services_by_name["OrderService"].full_name],
        register=lambda server: order_service_pb2_grpc.add_OrderServiceServicer_to_server(servicer, server),
        databases=[database],
        prepare=prepare,
        grace_s=settings.grace_s,
    )


def main() -> NoReturn:
    """The console command `order-service`."""
    program = Program(
        name=NAME,
        embedded_database="orders",
        settings=OrderSettings,
        assemble=assemble,
        grants=GRANTS,
    )
    launch(program, sys.argv[1:])
