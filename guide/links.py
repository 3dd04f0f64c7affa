"""For the site: where a page names another one, as in `docs/faults.md`, the name becomes a link to it."""

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PAGE = re.compile(r"docs/(?P<page>[\w/-]+)\.md")


class LinkedPages(SphinxTransform):
    """A page that is named but does not exist is a broken reference like any other."""

    default_priority = 400  # after parsing, before references are resolved

    def apply(self, **_: Any) -> None:
        """Turn each name into a reference."""
        for literal in list(self.document.findall(nodes.literal)):
            found = PAGE.fullmatch(literal.astext())
            if found is None or isinstance(literal.parent, nodes.reference | addnodes.pending_xref):
                continue
            link = addnodes.pending_xref(
                "", literal.deepcopy(), refdomain="std", reftype="doc", refexplicit=True, refwarn=True,
                reftarget=f"/{found['page']}", refdoc=self.env.docname,
            )  # fmt: skip
            link.source, link.line = literal.source, literal.line
            literal.replace_self(link)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_transform(LinkedPages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
