"""The console's manifest: it starts, is probed as it wants to be asked, and reaches the services and nothing else."""

from typing import Any

import httpx
import pytest

from payonce.client import AsyncClient
from payonce.console.app import application
from payonce.console.identity.visits import Visits
from payonce.console.live.health import Peer
from payonce.console.live.watch import Watch
from payonce.console.parts import Parts
from payonce.console.serving import GRACE_S
from payonce.console.settings import ConsoleSettings
from payonce.dev_certs import client_settings
from tests.deploy.manifests import FOLDER, SERVICES, container, environ, labels_chosen, named

PREFIX = "PAYONCE_CONSOLE_"
DEPLOYMENT = named("Deployment", "console")
POD = DEPLOYMENT["spec"]["template"]
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def settings() -> ConsoleSettings:
    given = environ(DEPLOYMENT).items()
    return ConsoleSettings.model_validate(
        {name.removeprefix(PREFIX).lower(): value for name, value in given if name.startswith(PREFIX)}
    )


def secrets(deployment: dict[str, Any]) -> set[str]:
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    return {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}


def test_it_starts_and_asks_who_looks() -> None:
    assert set(client_settings(FOLDER)) <= set(environ(DEPLOYMENT))
    settings().require_safe(services_have_tls=True)
    assert not settings().open
    assert container(DEPLOYMENT)["command"] == ["payonce", "console"]


def test_there_is_one() -> None:
    """Its sessions are in memory. Nor are there two for a moment, while a new version comes."""
    assert DEPLOYMENT["spec"]["replicas"] == 1
    assert DEPLOYMENT["spec"]["strategy"] == {"type": "Recreate"}
    assert POD["spec"]["terminationGracePeriodSeconds"] > GRACE_S


def test_its_certificates_are_its_own() -> None:
    """A service's would make it a service, which may flip orders; browsers have no business with the client's."""
    assert not secrets(DEPLOYMENT) & {name for service in SERVICES for name in secrets(named("Deployment", service))}
    folders = [
        file.rpartition("/")[0] for file in (environ(DEPLOYMENT)[f"{one}TLS_KEY"] for one in (PREFIX, "PAYONCE_"))
    ]
    assert len(secrets(DEPLOYMENT)) == len(set(folders)) == 2


async def asked(host: str, path: str) -> httpx.Response:
    """What the console says, with the manifest's names, to somebody without a session; no service is there."""
    client = AsyncClient(token=lambda: "")
    parts = Parts(
        client=client, visits=Visits(login=True), watch=Watch(Peer("order", ""), Peer("payment", "")), trials=None
    )
    transport = httpx.ASGITransport(application(parts, settings().host_names))
    async with client, httpx.AsyncClient(transport=transport, base_url="https://10.0.0.1:50080") as http:
        return await http.get(path, headers={"host": host})


@pytest.mark.parametrize("probe", PROBES)
async def test_a_probe_is_answered(probe: str) -> None:
    get = container(DEPLOYMENT)[probe]["httpGet"]
    assert get["scheme"] == "HTTPS"
    (header,) = get["httpHeaders"]
    assert header["name"] == "Host"
    assert (await asked(header["value"], get["path"])).status_code == 200


async def test_by_its_address_it_is_not() -> None:
    """What a probe without a Host would be told."""
    get = container(DEPLOYMENT)["readinessProbe"]["httpGet"]
    assert (await asked("10.0.0.1:50080", get["path"])).status_code == 400


def test_everybody_means_the_port_that_it_listens_on() -> None:
    one = container(DEPLOYMENT)
    (port,) = one["ports"]
    assert settings().listen.endswith(f":{port['containerPort']}")
    meant = {one[probe]["httpGet"]["port"] for probe in PROBES}
    meant |= {entry["targetPort"] for entry in named("Service", "console")["spec"]["ports"]}
    meant |= {entry["port"] for rule in policy("console")["ingress"] for entry in rule["ports"]}
    assert meant == {port["name"]}


def policy(name: str) -> dict[str, Any]:
    return dict(named("NetworkPolicy", name)["spec"])


def test_browsers_come_by_the_ingress_alone() -> None:
    (rule,) = policy("console")["ingress"]
    (source,) = rule["from"]
    assert set(source) == {"namespaceSelector"}
    assert source["namespaceSelector"]["matchLabels"]


@pytest.mark.parametrize("service", SERVICES)
def test_it_reaches_the_services(service: str) -> None:
    whose = service.removesuffix("-service").upper()
    host, _, port = environ(DEPLOYMENT)[f"PAYONCE_{whose}_ADDRESS"].rpartition(":")
    assert host == service
    (grpc,) = [entry for entry in container(named("Deployment", service))["ports"] if entry["name"] == "grpc"]
    assert grpc["containerPort"] == int(port)
    out = {"to": [{"podSelector": {"matchLabels": labels_chosen(named("Service", service))}}],
           "ports": [{"port": int(port), "protocol": "TCP"}]}  # fmt: skip
    assert out in policy("console")["egress"]
    let_in = [
        source["podSelector"]["matchLabels"].items()
        for rule in policy(service)["ingress"] if rule["ports"] == [{"port": "grpc", "protocol": "TCP"}]
        for source in rule["from"] if "podSelector" in source
    ]  # fmt: skip
    assert any(wanted <= POD["metadata"]["labels"].items() for wanted in let_in)


def test_it_reaches_nothing_else() -> None:
    egress = policy("console")["egress"]
    assert all(rule["to"] for rule in egress)
    assert sorted(entry["port"] for rule in egress for entry in rule["ports"]) == [53, 53, 50051, 50052]


def test_an_ingress_finds_it_at_one_address() -> None:
    """That of the Service, which stays when the instance is another one."""
    service = named("Service", "console")
    assert "clusterIP" not in service["spec"]
    assert labels_chosen(service).items() <= POD["metadata"]["labels"].items()
