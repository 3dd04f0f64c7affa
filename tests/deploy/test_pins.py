"""Nothing that is deployed or checked hangs on a name that may mean something else tomorrow, or else can be pinned."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
BY_VARIABLE = re.compile(r"\$\{(\w+):-[^}]+\}")


def test_every_stage_of_the_dockerfile_stands_on_the_one_base_that_takes_a_digest() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", text, re.MULTILINE)
    names = {name for _, name in stages}
    assert {base for base, _ in stages if base not in names} == {"${PYTHON_IMAGE}"}
    assert set(re.findall(r"^COPY --from=(\S+)", text, re.MULTILINE)) <= names
    assert "PYTHON_IMAGE" in PAGE


def test_every_image_of_the_compose_file_takes_a_digest() -> None:
    made: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    images = {service["image"] for service in made["services"].values()}
    found = [BY_VARIABLE.fullmatch(image) for image in images]
    assert all(found), images
    assert {match[1] for match in found if match} <= set(re.findall(r"`(\w+_IMAGE)`", PAGE))


def test_ci_installs_tools_of_a_version() -> None:
    for file in (".ci/run", "README.md"):
        assert not re.findall(r"go install \S+@(?:latest|main|master)", (ROOT / file).read_text()), file
