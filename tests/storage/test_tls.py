"""TLS to PostgreSQL, asked for in the URL: the service believes one authority, and checks the name."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from payonce.dev_certs import Authority
from shared.config import driver_url
from shared.errors import StartupError
from shared.migrations import migrate
from tests.harness.postgres import APP_ROLES, Cluster, make_roles, migrated, rows
from tests.harness.services import DidNotStartError
from tests.server.standard import free_port, launched

BINARIES = Path("/usr/lib/postgresql")  # Debian's; the embedded PostgreSQL is built without OpenSSL
NAME = "localhost"


@dataclass(frozen=True)
class Encrypted:
    """A PostgreSQL that takes TCP connections with TLS alone. Its certificate is for `localhost`, and no address."""

    port: int
    ca: Path

    def url(self, role: str = "postgres", host: str = NAME, **libpq: str) -> str:
        given = {"sslmode": "verify-full", "sslrootcert": str(self.ca), **libpq}
        return driver_url(f"postgresql://{role}@{host}:{self.port}/orders?{urlencode(given)}")


@pytest.fixture(scope="module")
def encrypted() -> Iterator[Encrypted]:
    binaries = next((found.parent for found in BINARIES.glob("*/bin/initdb")), None)
    if binaries is None:
        pytest.skip(f"no PostgreSQL with OpenSSL in {BINARIES}")
    with tempfile.TemporaryDirectory(prefix="payonce-tls-") as name:
        folder, authority = Path(name), Authority.new()
        (folder / "ca.pem").write_bytes(authority.pem())
        cert, key = authority.issue(NAME, [x509.DNSName(NAME)], [ExtendedKeyUsageOID.SERVER_AUTH])
        for file, data in (("server.pem", cert), ("server-key.pem", key)):
            (folder / file).write_bytes(data)
            (folder / file).chmod(0o600)
        (folder / "hba").write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
        port = free_port()
        cluster = Cluster(
            folder, binaries, "listen_addresses=127.0.0.1", f"port={port}", "ssl=on", f"hba_file={folder}/hba",
            f"ssl_cert_file={folder}/server.pem", f"ssl_key_file={folder}/server-key.pem",
        )  # fmt: skip
        try:
            made = Encrypted(port, folder / "ca.pem")
            local = driver_url(f"postgresql://postgres@/postgres?host={folder}&port={port}")
            make_roles(local)
            with psycopg.connect(f"host={folder} port={port} user=postgres dbname=postgres", autocommit=True) as first:
                first.execute("CREATE DATABASE orders ENCODING 'UTF8' TEMPLATE template0")
            migrated("orders", made.url())
            yield made
        finally:
            cluster.close()


async def test_a_service_speaks_tls_with_its_database(encrypted: Encrypted) -> None:
    role = APP_ROLES["orders"]
    given = {"ORDER_DATABASE_URL": encrypted.url(role), "ORDER_LISTEN": "127.0.0.1:0"}
    async with launched("order_service", given) as running:
        await running.listening()
        query = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = %s"
        async with asyncio.timeout(30):
            while not (found := rows(encrypted.url(), query, [role])):  # it opens connections when it wants them
                await asyncio.sleep(0.05)
    assert found == [(True,)]


@pytest.mark.parametrize(
    ("host", "libpq", "why"),
    [
        (NAME, {"sslmode": "disable"}, "no encryption"),
        (NAME, {"sslrootcert": "{stranger}"}, "certificate verify failed"),
        ("127.0.0.1", {}, "127.0.0.1"),  # the right server, by a name that nobody vouches for
    ],
)
async def test_who_can_not_be_believed_is_not_talked_to(
    encrypted: Encrypted, tmp_path: Path, host: str, libpq: dict[str, str], why: str
) -> None:
    stranger = tmp_path / "ca.pem"
    stranger.write_bytes(Authority.new("somebody else").pem())
    libpq = {name: value.format(stranger=stranger) for name, value in libpq.items()}
    url = encrypted.url(APP_ROLES["orders"], host, **libpq)
    with pytest.raises(StartupError, match=f"can't be reached: .*{why}"):
        migrate("order_service", url)
    async with launched("order_service", {"ORDER_DATABASE_URL": url, "ORDER_LISTEN": "127.0.0.1:0"}) as running:
        with pytest.raises(DidNotStartError, match=why):
            await running.listening()
        assert await running.wait() == 1
