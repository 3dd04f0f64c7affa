"""`python -m supply audit | licences | sbom`."""

import sys

from supply import audit, licences, sbom


def main(words: list[str]) -> int:
    """The exit status."""
    match words:
        case ["audit"]:
            return audit.run()
        case ["licences"]:
            licences.write()
        case ["sbom"]:
            print(sbom.write())
        case _:
            print("usage: python -m supply audit | licences | sbom", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
