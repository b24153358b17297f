"""How the site is built: `make docs`; the generated pages are written by docs/_ext/sitepages into docs/generated/."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "testbed"
author = "The testbed authors"
copyright = "The testbed authors; BSD-3-Clause"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc", "sitepages"]
exclude_patterns = ["_build", "_ext", "_static", "jupyter_execute"]
source_suffix = {".md": "myst-nb"}

# Formulas: one vendored file, so that the site needs no network.
mathjax_path = "mathjax/tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
myst_dmath_allow_space = False
myst_dmath_allow_digits = False

# Pages that are notebooks run once, and again when they change.
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "notebooks")
nb_execution_timeout = 60
nb_execution_raise_on_error = True
nb_merge_streams = True
profile = HERE.parent / "build" / "ipython" / "profile_default"  # of its own: nobody's startup files run on a page
profile.mkdir(parents=True, exist_ok=True)
(profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n", encoding="utf-8")  # errors
os.environ["IPYTHONDIR"] = str(profile.parent)

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "testbed"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "header_links_before_dropdown": 7,
}
