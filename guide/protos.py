"""The .proto files with their comments."""

import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).parents[1]
MESSAGES, ENUMS, SERVICES = 4, 5, 6  # field numbers in FileDescriptorProto: the start of a comment's path
INNER = 2  # of a message's fields, an enum's values, a service's methods
Place = tuple[int, ...]
Comments = Mapping[Place, str]


class NotCompiledError(Exception):
    """protoc found something wrong with the .proto files, and has said what."""


def files() -> list[FileDescriptorProto]:
    """Every file of `protos/`, by name, `comments` with it."""
    sources = sorted(str(path) for path in (ROOT / "protos").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        includes = [f"-I{ROOT / 'protos'}", f"-I{resources.files('grpc_tools') / '_proto'}"]
        if protoc.main(["protoc", *includes, "--include_source_info", f"--descriptor_set_out={out}", *sources]):
            raise NotCompiledError
        return list(FileDescriptorSet.FromString(out.read_bytes()).file)


def comments(file: FileDescriptorProto) -> Comments:
    """What stands before each thing in a file, by its path."""
    return {tuple(one.path): one.leading_comments for one in file.source_code_info.location}
