"""The manifests: valid by Kubernetes' own schemas, as safe as they say, and with settings that the code knows."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.manifests import (
    FILES,
    FOLDER,
    SERVICES,
    container,
    environ,
    known,
    labels_chosen,
    manifests,
    named,
    of_kind,
)  # fmt: skip

VERSIONS = ("1.30", "1.37")  # the first with everything that is used, and the newest that the checker knows
README = (FOLDER / "README.md").read_text()
WORKLOADS = of_kind("Deployment", "Job")


def name_of(one: dict[str, Any]) -> str:
    return str(one["metadata"]["name"])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_accept_them(version: str) -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_would_refuse() -> None:
    deployment = of_kind("Deployment")[0]
    deployment["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)


def test_no_file_is_forgotten() -> None:
    assert {file.name for file in FOLDER.glob("*.yaml")} == {*FILES, "kustomization.yaml"}


def test_kustomize_takes_what_is_there_and_everybody_wants() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == {f"{service}.yaml" for service in SERVICES}
    # The others are applied by themselves, by a command that the page has.
    assert all(f"kubectl apply --filename {file}" in README for file in set(FILES) - set(listed))


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_nobody_may_more_than_he_must(workload: dict[str, Any]) -> None:
    pod = workload["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for one in pod["containers"]:
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert set(one["resources"]) == {"requests", "limits"}
        given = {entry["name"]: entry for entry in one["env"]}
        assert not [name for name, entry in given.items() if "URL" in name and "value" in entry], (
            "passwords are secrets"
        )


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_every_setting_is_one_that_the_code_has(workload: dict[str, Any]) -> None:
    assert {entry["name"] for entry in container(workload)["env"]} <= known()


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_every_file_is_in_a_folder_that_is_mounted(workload: dict[str, Any]) -> None:
    folders = {mount["mountPath"] for mount in container(workload)["volumeMounts"]}
    files = {value for value in environ(workload).values() if value.startswith("/")}
    assert {file.rpartition("/")[0] for file in files} <= folders


@pytest.mark.parametrize("workload", WORKLOADS, ids=name_of)
def test_the_page_lists_what_they_want(workload: dict[str, Any]) -> None:
    refs = [entry["valueFrom"]["secretKeyRef"]["name"] for entry in container(workload)["env"] if "value" not in entry]
    for volume in workload["spec"]["template"]["spec"]["volumes"]:
        refs += [volume[kind][key] for kind, key in (("secret", "secretName"), ("configMap", "name")) if kind in volume]
    assert refs
    assert not [ref for ref in refs if f"`{ref}`" not in README]


@pytest.mark.parametrize("service", SERVICES)
def test_it_drains_before_it_is_killed(service: str) -> None:
    spec = named("Deployment", service)["spec"]
    one = container(named("Deployment", service))
    env = {name.partition("_")[2]: value for name, value in environ(named("Deployment", service)).items()}
    hook = one["lifecycle"]["preStop"]["sleep"]["seconds"]
    # The longest transaction, and patience.
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > hook + float(env["GRACE_S"]) + 15
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=name_of)
def test_it_is_probed(deployment: dict[str, Any]) -> None:
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container(deployment))


@pytest.mark.parametrize("kind", ["NetworkPolicy", "Service"])
def test_each_deployment_has_its(kind: str) -> None:
    labels = {one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] for one in of_kind("Deployment")}
    assert labels <= {labels_chosen(one)["app.kubernetes.io/name"] for one in of_kind(kind)}


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=name_of)
def test_it_has_an_account_that_can_do_nothing(deployment: dict[str, Any]) -> None:
    account = named("ServiceAccount", deployment["spec"]["template"]["spec"]["serviceAccountName"])
    assert account["automountServiceAccountToken"] is False


def test_whoever_has_several_instances_keeps_one_and_who_has_one_holds_up_no_drain() -> None:
    several = {name_of(one) for one in of_kind("Deployment") if one["spec"]["replicas"] > 1}
    assert several == {labels_chosen(one)["app.kubernetes.io/name"] for one in of_kind("PodDisruptionBudget")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_address_of_its_own(service: str) -> None:
    """Else a caller's one connection would go to one instance."""
    assert named("Service", service)["spec"]["clusterIP"] == "None"
