"""How Sphinx builds the site: `make docs`. What it generates from symconv itself is in generated.py."""

import sys
from pathlib import Path

import symconv

sys.path.insert(0, str(Path(__file__).parent))

project = "symconv"
author = "the authors of symconv"
project_copyright = author
version = release = symconv.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "generated"]
exclude_patterns = ["examples"]
myst_heading_anchors = 4
# What commands print is no code, and the lexer of consoles says so.
suppress_warnings = ["misc.highlighting_failure"]

default_role = "code"
smartquotes = False
add_module_names = False
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
nitpicky = True
# Types of other packages, whose pages are not fetched, and those of our own that no page is about.
nitpick_ignore_regex = [
    (r"py:.*", r"(fractions|collections\.abc|pathlib|numpy|sympy|typing|nx)\b.*"),
    (r"py:.*", r"symconv\.(notation|writers|readers|sweeps|block)\..*|Size"),
    (r"py:.*", r"symconv\.extent\.(Floor|Function|Power|Sum)|symconv\.(layer\.L|symbols\.Index|node\.Block)"),
    (r"py:.*", r"symconv\.analysis\.regions\.Piece|symconv\.lift\.(plan|nests)\..*|(list|dict|tuple)\[.*"),
    (r"py:.*", r"symconv\.verifying\.loops\.table\.W|symconv\.certificates\.file\..*"),
    (r"py:.*", r"annotated_types\..*|FieldInfo|NoneType|Ge"),
]

html_theme = "furo"
html_title = f"symconv {version}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
