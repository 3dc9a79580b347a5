"""How Sphinx builds the documentation.

What the pages say stands in the pages; the reference of the Python names is read from docstrings.
"""

import sys
from pathlib import Path

import django
from django.conf import settings

from django_genauth import __version__

# The models have to be importable, for the reference alone.
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_genauth"]
)
django.setup()

project = "django_genauth"
copyright = "the django_genauth contributors"
version = release = __version__

sys.path.insert(0, str(Path(__file__).parent / "extensions"))
extensions = ["sphinx.ext.autodoc", "anchors", "sequence"]
exclude_patterns = ["_build"]
# Docstrings put code between single backticks.
default_role = "literal"
highlight_language = "python"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_title = f"django_genauth {version}"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True

# Links to other projects need their inventories, which would have to be fetched at each build.
nitpick_ignore_regex = [
    ("py:class", r"(collections|contextlib|django)\..*"),
    # Told in words on the page of the models, whose fields autodoc cannot describe.
    ("py:class", r"django_genauth\.models\..*"),
]
