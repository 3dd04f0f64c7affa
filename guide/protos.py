"""The .proto files with their comments."""

import tempfile
from importlib import resources
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).parents[1]


class NotCompiledError(Exception):
    """protoc found something wrong with the .proto files, and has said what."""


def files() -> list[FileDescriptorProto]:
    """Every file of `protos/`, by name; a comment is found by its path in `source_code_info`."""
    sources = sorted(str(path) for path in (ROOT / "protos").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        includes = [f"-I{ROOT / 'protos'}", f"-I{resources.files('grpc_tools') / '_proto'}"]
        if protoc.main(["protoc", *includes, "--include_source_info", f"--descriptor_set_out={out}", *sources]):
            raise NotCompiledError
        return list(FileDescriptorSet.FromString(out.read_bytes()).file)
