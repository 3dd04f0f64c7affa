"""How docs/ becomes a site: `make guide`. Every broken link or reference is a warning, and every warning fails."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

project = "payonce"
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]["version"]
extensions = ["myst_parser", "guide.links"]
exclude_patterns = ["examples"]

nitpicky = True
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
# What stands in a block is run by tests/docs; whether it can be coloured says nothing.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "payonce"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["guide.css"]
html_theme_options = {"navigation_with_keys": True}
