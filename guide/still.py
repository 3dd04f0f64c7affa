"""A still of the demo for README: `python -m guide.still` runs it in a terminal of its own and draws what stood there.

A screen is what is left after the last progress bar; rich draws the text, so nothing is typed by hand.
"""

import io
import re
import subprocess
import sys

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from guide.marked import DOCS

STILL = DOCS / "pictures" / "demo.svg"
COLUMNS = 104
PROMPT = "[bold green]$[/] make demo"
BAR = "paying"
GONE = "verify: both"
FROM_ELSEWHERE = r"\s*@font-face \{.*?\}| clip-path=\"url\(#[^)]*-line-\d+\)\""
CURSOR = re.compile(r"\x1b\[\?25[lh]|\x1b\[\d*[AK]")  # hides, shows, goes up, clears: what stands there stays


def screen(recorded: str) -> list[str]:
    """The lines as they stand in the end: of a progress bar its last look, of verify's, which goes away, nothing."""
    lines = [CURSOR.sub("", line.rstrip("\r").rpartition("\r")[2]) for line in recorded.split("\n")]
    shown = [line for line in lines if line.strip() and not line.startswith(GONE)]
    return [line for line, after in zip(shown, [*shown[1:], ""], strict=True) if not _goes_on(line, after)]


def _goes_on(line: str, after: str) -> bool:
    return line.startswith(BAR) and after.startswith(BAR)


def main() -> None:
    """Run the demo, and draw it."""
    command = f"COLUMNS={COLUMNS} {sys.executable} -m payonce.cli demo"
    recorded = subprocess.run(  # noqa: S603 - our own command
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],  # noqa: S607 - the one of the system
        stdout=subprocess.PIPE, check=True, text=True,
    ).stdout  # fmt: skip
    drawn = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    drawn.print(PROMPT)
    for line in screen(recorded):
        drawn.print(Text.from_ansi(line))
    drawn.print()  # room for what reaches below the last line
    svg = drawn.export_svg(title="make demo", theme=DIMMED_MONOKAI)
    # Its font would come from elsewhere; the reader's own may reach below the line, where it would be cut off.
    STILL.write_text(re.sub(FROM_ELSEWHERE, "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    main()
