"""The site of these pages: python -m sphinx -W docs site. Needs no network; the API pages come from docstrings."""

from __future__ import annotations

import tomllib
from pathlib import Path

_ABOUT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = _ABOUT["name"]
version = release = _ABOUT["version"]
copyright = "the llmgeo authors, Apache-2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["*.schema.json", "make_*.py"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]  # JSON with parts left out

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Example"]
default_role = "code"  # in docstrings, `name` is code

html_theme = "furo"
html_title = "llmgeo"
html_copy_source = False
html_show_sphinx = False
