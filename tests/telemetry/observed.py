"""What an operator runs beside the services, run for real: Debian's Prometheus and its promtool."""

import asyncio
import contextlib
import functools
import json
import shutil
import subprocess
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.harness.needs import missing
from tests.server.standard import free_port

FILES = Path(__file__).parents[2] / "deploy" / "observability"
ALERTS = FILES / "alerts.yml"
PATIENCE_S = 60.0


def program(name: str) -> str:
    """Where it is."""
    return shutil.which(name) or missing(f"no {name}: apt-get install prometheus")


def promtool(*words: str, cwd: Path = FILES) -> subprocess.CompletedProcess[str]:
    command = [program("promtool"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=60)


class Prometheus:
    """One that scrapes every second."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def query(self, expression: str) -> list[Any]:
        """The samples that it finds now; an error when it can't make sense of the expression."""
        words = urllib.parse.urlencode({"query": expression})
        answer = await asyncio.to_thread(self._get, f"/api/v1/query?{words}")
        assert answer["status"] == "success", answer
        return list(answer["data"]["result"])

    async def until(self, expression: str) -> list[Any]:
        """The same, once there are any."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await self.query(expression)):
                await asyncio.sleep(0.5)
        return found

    async def rules(self) -> list[Any]:
        """Its alerts, as it understood them."""
        answer = await asyncio.to_thread(self._get, "/api/v1/rules")
        return [rule for group in answer["data"]["groups"] for rule in group["rules"]]

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(urllib.request.urlopen, f"http://{self._address}/-/ready")
                    return
                await asyncio.sleep(0.1)

    def _get(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://{self._address}{path}") as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)


@contextlib.asynccontextmanager
async def prometheus(jobs: Mapping[str, Sequence[str]]) -> AsyncIterator[Prometheus]:
    """One that scrapes the addresses of each job, with our rules."""
    binary = program("prometheus")
    with tempfile.TemporaryDirectory(prefix="payonce-prometheus-") as name:
        folder = Path(name)
        scraped = [{"job_name": job, "static_configs": [{"targets": found}]} for job, found in jobs.items()]
        every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config = {"global": every, "rule_files": [str(ALERTS)], "scrape_configs": scraped}
        (folder / "prometheus.yml").write_text(json.dumps(config))  # YAML, too
        address = f"127.0.0.1:{free_port()}"
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                binary, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={address}", stdout=log, stderr=log,
            )  # fmt: skip
            try:
                made = Prometheus(address)
                await made.ready()
                yield made
            finally:
                process.terminate()
                await process.wait()


@contextlib.contextmanager
def textfile(path: Path) -> Iterator[str]:
    """Stands for node_exporter: serves the file; its address."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.path = f"/{path.name}"
            super().do_GET()

        def guess_type(self, _: Any) -> str:
            return "text/plain"

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(path.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
