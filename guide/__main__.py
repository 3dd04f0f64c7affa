"""Write into docs/ what is generated there: `make docs`."""

from guide.generated import generated
from guide.marked import DOCS

for name, text in generated().items():
    page = DOCS / name
    page.parent.mkdir(exist_ok=True)
    page.write_text(text)
