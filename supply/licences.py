"""docs/licences.md: the licence of everything that is installed with payonce, as its own metadata say."""

from importlib.metadata import metadata
from pathlib import Path

from supply.locks import ROOT, RUNTIME, named

PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences

payonce is licensed under Apache-2.0 (`LICENSE`). What it is installed with, from `requirements.lock`, by each
package's own metadata, as on Linux. Written by `make docs`; a test holds it to the lock, and fails when a licence
comes that nobody has looked at (`supply/licences.py`). Images leave out the embedded PostgreSQL and what only the
build needs; each carries its own list in `/opt/payonce/sbom.cdx.json`.

| package | version | licence |
|---|---|---|
"""
# Looked at: none of them asks more of who uses or runs payonce than to keep its notice. LGPL (psycopg) and MPL (by
# file): used as they are, from their own packages.
KNOWN = {
    "Apache-2.0", "Apache", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL",
    "MPL-2.0", "PSF-2.0", "Public",
}  # fmt: skip
LONG = 60  # some put the whole text into the field


def licence_of(package: str) -> str:
    """In the words of its metadata: the SPDX expression, else the field, else the classifiers."""
    said = metadata(package)
    short = [said[key] for key in ("License-Expression", "License") if key in said and 0 < len(said[key]) < LONG]
    classifiers = [
        c.rpartition("::")[2].strip() for c in said.get_all("Classifier") or () if c.startswith("License ::")
    ]
    return " ".join((short or [", ".join(classifiers)])[0].split())


def unknown(licence: str) -> bool:
    """Whether nobody has looked at it, or at a part of it."""
    plain = licence.replace("(", " ").replace(")", " ").replace(",", " ")
    return not all(KNOWN & set(part.split()) for part in plain.split(" AND "))


def page() -> str:
    """The page as it should be. Raises PackageNotFoundError when the lock's packages are not installed."""
    rows = [f"| {name} | {version} | {licence_of(name)} |\n" for name, version in sorted(named(RUNTIME))]
    return HEAD + "".join(rows)


def write(path: Path = PAGE) -> None:
    """Write it."""
    path.write_text(page())
