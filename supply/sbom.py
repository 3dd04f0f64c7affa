"""A software bill of materials (CycloneDX) of what `requirements.lock` names, with its hashes."""

import subprocess
import sys
from pathlib import Path

from supply.locks import ROOT, RUNTIME

FILE = ROOT / "dist" / "sbom.cdx.json"


def write(path: Path = FILE) -> Path:
    """Write it; the same lock gives the same file."""
    path.parent.mkdir(exist_ok=True)
    command = [
        sys.executable, "-m", "cyclonedx_py", "requirements", str(RUNTIME), "--pyproject",
        str(ROOT / "pyproject.toml"), "--mc-type", "application", "--output-reproducible", "--short-PURLs",
        "--of", "JSON", "--output-file", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return path
