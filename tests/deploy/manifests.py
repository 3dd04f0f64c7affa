"""The Kubernetes manifests, as they stand in the repository, and the environment variables that the code reads."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic_settings import BaseSettings

from order_service.config import OrderSettings
from payment_service.config import PaymentSettings
from payonce.client.settings import from_environ
from payonce.console.settings import ConsoleSettings

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
SERVICES = ("order-service", "payment-service")
FILES = (*(f"{service}.yaml" for service in SERVICES), "migrate.yaml", "console.yaml")
SETTINGS: dict[str, type[BaseSettings]] = {
    "ORDER_": OrderSettings, "PAYMENT_": PaymentSettings, "PAYONCE_CONSOLE_": ConsoleSettings,
}  # fmt: skip


def manifests() -> list[dict[str, Any]]:
    return [one for name in FILES for one in yaml.safe_load_all((FOLDER / name).read_text())]


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] in kinds]


def named(kind: str, name: str) -> dict[str, Any]:
    """The one of that kind and name."""
    (found,) = [one for one in of_kind(kind) if one["metadata"]["name"] == name]
    return found


def container(workload: dict[str, Any]) -> dict[str, Any]:
    """Its one container."""
    (found,) = workload["spec"]["template"]["spec"]["containers"]
    return dict(found)


def environ(workload: dict[str, Any]) -> dict[str, str]:
    """What is written out there; what comes from a secret is left out."""
    return {entry["name"]: entry["value"] for entry in container(workload)["env"] if "value" in entry}


def labels_chosen(manifest: dict[str, Any]) -> dict[str, str]:
    """By a Service, a NetworkPolicy, a PodDisruptionBudget."""
    selector = manifest["spec"].get("selector") or manifest["spec"]["podSelector"]
    return dict(selector.get("matchLabels", selector))


class _Asked(Mapping[str, str]):
    """An environment without variables, which remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def known() -> set[str]:
    """Every variable that the services, the console and the client have."""
    from_environ(asked := _Asked())
    return asked.names | {
        f"{prefix}{field.upper()}" for prefix, settings in SETTINGS.items() for field in settings.model_fields
    }
