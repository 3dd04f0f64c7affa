"""Callers in other languages, made ready once in a folder that is kept; each prints what it was told as JSON."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

from tests.harness.needs import missing
from tests.harness.services import ROOT

HERE = Path(__file__).parent
PROTOS = ROOT / "protos"
MODULE = "payonce.example/languages"
GENERATORS = ("google.golang.org/protobuf/cmd/protoc-gen-go", "google.golang.org/grpc/cmd/protoc-gen-go-grpc")
NODE_MAJOR = 20


def go() -> list[str]:
    """The command of the Go caller: its code is generated from the protos, and built."""
    needed("go", "version")
    folder, fresh = workshop("go")
    if fresh:
        for package in GENERATORS:
            run(folder, "go", "build", "-o", str(folder / "bin") + os.sep, package)
        generate(folder)
        run(folder, "go", "build", "-o", "caller", ".")
    return [str(folder / "caller")]


def node() -> list[str]:
    """The command of the Node caller: it reads the protos when it starts."""
    version = needed("node", "--version")
    if int(version.removeprefix("v").partition(".")[0]) < NODE_MAJOR:
        missing(f"node {NODE_MAJOR} or newer, not {version}")
    needed("npm", "--version")
    folder, fresh = workshop("node")
    if fresh:
        run(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline")
    return ["node", str(folder / "main.js"), str(PROTOS), str(googleapis())]


def needed(*command: str) -> str:
    if shutil.which(command[0]) is None:
        missing(f"no {command[0]} on PATH")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def workshop(language: str) -> tuple[Path, bool]:
    """A copy of the language's folder to build in, and whether it is new: named by all that is built from."""
    sources = [*sorted((HERE / language).iterdir()), *sorted(PROTOS.rglob("*.proto")), Path(__file__)]
    named = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in sources)).hexdigest()[:16]
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "payonce-languages"
    folder, done = home / f"{language}-{named}", home / f"{language}-{named}.done"
    if done.exists():
        return folder, False
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / language, folder)
    return folder, True


def built(command: list[str]) -> None:
    """From now on what is in the command's folder is used as it is."""
    folder = next(Path(word).parent for word in command if "payonce-languages" in word)
    folder.with_name(f"{folder.name}.done").touch()


def generate(folder: Path) -> None:
    """Go's messages and stubs. The protos name no Go package, so it is given here."""
    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    packages = [f"M{file}={MODULE}/gen/{Path(file).parent}" for file in files]
    options = ",".join([f"module={MODULE}", *packages])
    words = [f"--go_out={folder}", f"--go-grpc_out={folder}", f"--go_opt={options}", f"--go-grpc_opt={options}"]
    plugins = [f"--plugin={name}={folder / 'bin' / name}" for name in ("protoc-gen-go", "protoc-gen-go-grpc")]
    includes = [f"-I{PROTOS}", f"-I{resources.files('grpc_tools') / '_proto'}"]
    assert protoc.main(["protoc", *includes, *plugins, *words, *files]) == 0


def googleapis() -> Path:
    """Where googleapis-common-protos keeps google/rpc/*.proto."""
    spec = importlib.util.find_spec("google.rpc")
    assert spec
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))).parents[1]


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
