"""Generates the gRPC code from `protos/` into the package `payonce`, for the build and for `make protos`.

`payonce/order/v1/order.proto` becomes `payonce.order.v1.order_pb2`: the Python package is the proto package.
"""

import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
GENERATED = ("order", "payment", "type")


def generate(root: Path = ROOT) -> None:
    """Write messages, servicers and their type stubs anew; what is no longer in `protos/` goes."""
    for name in GENERATED:
        shutil.rmtree(root / "payonce" / name, ignore_errors=True)
    sources = sorted(str(path) for path in (root / "protos").rglob("*.proto"))
    arguments = [
        "protoc",
        f"-I{root / 'protos'}",
        f"-I{resources.files('grpc_tools') / '_proto'}",
        *(f"--{plugin}_out={root}" for plugin in ("python", "mypy", "grpc_python", "mypy_grpc")),
        *(f"--plugin=protoc-gen-{name}={_plugin(name)}" for name in ("mypy", "mypy_grpc")),
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed; its message is above")
    for name in GENERATED:
        for folder in (root / "payonce" / name, root / "payonce" / name / "v1"):
            (folder / "__init__.py").write_text('"""Generated from protos/; never edited."""\n')


def _plugin(name: str) -> str:
    """mypy-protobuf's executable, wherever this interpreter's scripts are."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(f"protoc-gen-{name}", path=beside) or shutil.which(f"protoc-gen-{name}")
    if found is None:
        sys.exit(f"protoc-gen-{name} is missing: install mypy-protobuf")
    return found


class GenerateProtos(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling calls this before it collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Generate, so that an install needs no further step."""
        generate(Path(self.root))


if __name__ == "__main__":
    generate()
    print("protos: generated into payonce/{" + ",".join(GENERATED) + "}/v1")
