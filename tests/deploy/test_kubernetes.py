"""The manifests: valid by Kubernetes' own schemas, as safe as they say, and with settings that the code knows."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from order_service.config import OrderSettings
from payment_service.config import PaymentSettings
from shared.config import ServiceSettings

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.37")  # the first with everything that is used, and the newest that the checker knows
SETTINGS: dict[str, type[ServiceSettings]] = {"ORDER_": OrderSettings, "PAYMENT_": PaymentSettings}
FILES = ("order-service.yaml", "payment-service.yaml", "migrate.yaml")


def manifests() -> list[dict[str, Any]]:
    return [one for name in FILES for one in yaml.safe_load_all((FOLDER / name).read_text())]


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] in kinds]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_accept_them(version: str) -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_would_refuse() -> None:
    deployment = of_kind("Deployment")[0]
    deployment["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)


def test_kustomize_takes_what_is_there() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == {"order-service.yaml", "payment-service.yaml"}


@pytest.mark.parametrize("workload", of_kind("Deployment", "Job"), ids=lambda one: one["metadata"]["name"])
def test_nobody_may_more_than_he_must(workload: dict[str, Any]) -> None:
    pod = workload["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert set(container["resources"]) == {"requests", "limits"}
        given = {entry["name"]: entry for entry in container["env"]}
        assert not [name for name, entry in given.items() if "URL" in name and "value" in entry], (
            "passwords are secrets"
        )


@pytest.mark.parametrize("workload", of_kind("Deployment", "Job"), ids=lambda one: one["metadata"]["name"])
def test_every_setting_is_one_that_the_code_has(workload: dict[str, Any]) -> None:
    for entry in workload["spec"]["template"]["spec"]["containers"][0]["env"]:
        prefix, _, field = entry["name"].partition("_")
        assert field.lower() in SETTINGS[f"{prefix}_"].model_fields, entry["name"]


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=lambda one: one["metadata"]["name"])
def test_it_drains_before_it_is_killed(deployment: dict[str, Any]) -> None:
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    env = {entry["name"].partition("_")[2]: entry.get("value") for entry in container["env"]}
    hook = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert (
        pod["terminationGracePeriodSeconds"] > hook + float(env["GRACE_S"]) + 15
    )  # the longest transaction, and patience
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "NetworkPolicy", "Service"])
def test_each_deployment_has_its(kind: str) -> None:
    labels = {one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] for one in of_kind("Deployment")}
    chosen = set()
    for one in of_kind(kind):
        selector = one["spec"].get("selector") or one["spec"].get("podSelector")
        chosen.add(selector.get("matchLabels", selector)["app.kubernetes.io/name"])
    assert labels <= chosen


def test_a_service_has_no_address_of_its_own() -> None:
    """Else a caller's one connection would go to one instance."""
    assert all(service["spec"]["clusterIP"] == "None" for service in of_kind("Service"))
