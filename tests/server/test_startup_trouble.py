"""What an operator can mend is said in one line, with a non-zero exit status and no traceback."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from tests.harness.postgres import Pair, Postgres
from tests.harness.services import Environment, environment
from tests.server.standard import PREFIX, SERVICES, database_url, free_port, launched, settings

SECRET = "hunter2"  # noqa: S105 - it is here to be found in no output
each_service = pytest.mark.parametrize("module", list(SERVICES))


@each_service
async def test_port_in_use(pair: Pair, module: str) -> None:
    env = settings(module, DATABASE_URL=database_url(pair, module), LISTEN="127.0.0.1:0")
    # Taken by another of its kind: two such servers would share the port, if they were let.
    async with launched(module, env) as first:
        await first.listening()
        assert first.address in await only_line(module, {**env, **settings(module, LISTEN=first.address)})


@each_service
async def test_database_down(module: str) -> None:
    port = free_port()
    url = f"postgresql://somebody:{SECRET}@127.0.0.1:{port}/orders"
    line = await only_line(module, settings(module, DATABASE_URL=url, LISTEN="127.0.0.1:0"))
    assert f"127.0.0.1:{port}" in line


@each_service
@pytest.mark.parametrize(
    "url", [f"{SECRET} is no url", f"mysql://root:{SECRET}@127.0.0.1/orders", f"postgresql://root:{SECRET}@127.0.0.1"]
)
async def test_bad_url_says_what_to_set(module: str, url: str) -> None:
    line = await only_line(module, settings(module, DATABASE_URL=url, LISTEN="127.0.0.1:0"))
    assert f"{PREFIX[module]}_DATABASE_URL" in line
    assert "postgresql://" in line


@each_service
@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999"])
async def test_bad_address_says_what_to_set(pair: Pair, module: str, address: str) -> None:
    line = await only_line(module, settings(module, DATABASE_URL=database_url(pair, module), LISTEN=address))
    assert f"{PREFIX[module]}_LISTEN" in line


@each_service
async def test_database_without_schema_says_what_to_run(postgres: Postgres, module: str) -> None:
    url = postgres.empty()
    assert f"python -m {module} migrate" in await only_line(
        module, settings(module, DATABASE_URL=url, LISTEN="127.0.0.1:0")
    )
    async with launched(module, settings(module, DATABASE_URL=url), "migrate") as migrating:
        assert await migrating.wait() == 0
    async with launched(module, settings(module, DATABASE_URL=url, LISTEN="127.0.0.1:0")) as serving:
        await serving.listening()


@each_service
async def test_stderr_may_be_closed(postgres: Postgres, module: str) -> None:
    env = environment(settings(module, DATABASE_URL=postgres.empty()))
    words = ["-c", 'exec "$@" 2>&-', "sh", sys.executable, "-m", module, "migrate"]
    process = await asyncio.create_subprocess_exec("sh", *words, env=env, stdout=PIPE)
    told, _ = await process.communicate()
    assert process.returncode == 0
    assert told.decode().startswith(f"{module}: ")


async def only_line(module: str, env: Environment, *arguments: str) -> str:
    """The one line on stderr of a process that does not start; log lines, which are JSON, are not for people."""
    async with launched(module, env, *arguments) as running:
        assert await running.wait() == 1, running.stderr
        lines = [line for line in running.stderr.splitlines() if not line.startswith("{")]
        assert len(lines) == 1, running.stderr
        assert lines[0].startswith(f"{module}: ")
        assert "Traceback" not in running.stderr
        assert SECRET not in running.stderr
        return lines[0]
