"""payonce in containers, for tests by testcontainers: `pip install payonce[testcontainers]`."""

import contextlib
from types import TracebackType
from typing import Self

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import ExecWaitStrategy, HealthcheckWaitStrategy

from payonce.client import AsyncClient, Client
from shared.config import INSECURE
from shared.errors import StartupError

USER = "payonce"
PASSWORD = "only-for-this-test"  # noqa: S105 - a throw-away database
DATABASE_PORT = 5432
PORTS = {"order_service": 50051, "payment_service": 50052}
INSIDE = f"postgresql://{USER}:{PASSWORD}@database:{DATABASE_PORT}"
SETTINGS = {
    "order_service": {"ORDER_DATABASE_URL": f"{INSIDE}/orders", "ORDER_INSECURE": INSECURE},
    "payment_service": {
        "PAYMENT_DATABASE_URL": f"{INSIDE}/payments",
        "PAYMENT_ORDER_SERVICE": f"order_service:{PORTS['order_service']}",
        "PAYMENT_INSECURE": INSECURE,
    },
}
START_LIMIT_S = 60


class PayonceContainer:
    """A PostgreSQL and both services on a network of their own, in plain text: `with PayonceContainer() as payonce`.

    Attributes:
        containers: By name: `database`, `order_service`, `payment_service`.
    """

    def __init__(
        self,
        order_image: str = "payonce/order_service",
        payment_image: str = "payonce/payment_service",
        postgres_image: str = "postgres:18-alpine",
    ) -> None:
        """Start nothing yet. The images are those of `make containers`, or yours; PostgreSQL 15 to 18."""
        self._images = {"order_service": order_image, "payment_service": payment_image}
        self._postgres_image = postgres_image
        self._stack = contextlib.ExitStack()
        self.containers: dict[str, DockerContainer] = {}

    def start(self) -> Self:
        """Start the database, migrate, start both services; each is healthy by its image's own check.

        Raises:
            StartupError: A migration failed; the text has what it said.
        """
        with contextlib.ExitStack() as stack:
            network = stack.enter_context(Network())
            self.containers["database"] = stack.enter_context(self._database(network))
            self._create("payments")
            for service in PORTS:
                self._migrate(service, network)
                self.containers[service] = stack.enter_context(self._serving(service, network))
            self._stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Remove the containers, their data and the network."""
        self._stack.close()

    def address(self, service: str) -> str:
        """host:port of `order_service` or `payment_service`. One that was started again has another port."""
        return self._exposed(service, PORTS[service])

    def database_url(self, database: str) -> str:
        """Of `orders` or `payments`, from outside of the network: `postgresql://…`, as who owns it."""
        return f"postgresql://{USER}:{PASSWORD}@{self._exposed('database', DATABASE_PORT)}/{database}"

    def client(self) -> Client:
        """A sync client, to be closed by whoever asks."""
        return Client(self.address("order_service"), self.address("payment_service"))

    def async_client(self) -> AsyncClient:
        """An async client, to be closed by whoever asks."""
        return AsyncClient(self.address("order_service"), self.address("payment_service"))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _exposed(self, name: str, port: int) -> str:
        container = self.containers[name]
        return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"

    def _database(self, network: Network) -> DockerContainer:
        # By TCP: while its files are made it listens to its socket alone.
        ready = ExecWaitStrategy(["pg_isready", "--quiet", "--host", "127.0.0.1"])
        return (
            DockerContainer(self._postgres_image)
            .with_envs(POSTGRES_USER=USER, POSTGRES_PASSWORD=PASSWORD, POSTGRES_DB="orders")
            .with_exposed_ports(DATABASE_PORT).with_network(network).with_network_aliases("database")
            .waiting_for(ready.with_startup_timeout(START_LIMIT_S))
        )  # fmt: skip

    def _create(self, database: str) -> None:
        command = ["createdb", "--username", USER, "--encoding", "UTF8", "--template", "template0", database]
        made = self.containers["database"].exec(command)
        if made.exit_code != 0:
            raise StartupError(f"createdb {database}: {made.output.decode()}")

    def _migrate(self, service: str, network: Network) -> None:
        with self._container(service, network).with_command("migrate") as container:
            if container.wait() != 0:
                said = b"\n".join(container.get_logs()).decode()
                raise StartupError(f"{self._images[service]} migrate: {said}")

    def _serving(self, service: str, network: Network) -> DockerContainer:
        healthy = HealthcheckWaitStrategy().with_startup_timeout(START_LIMIT_S)
        container = self._container(service, network).with_network_aliases(service)
        return container.with_exposed_ports(PORTS[service]).waiting_for(healthy)

    def _container(self, service: str, network: Network) -> DockerContainer:
        return DockerContainer(self._images[service]).with_envs(**SETTINGS[service]).with_network(network)
