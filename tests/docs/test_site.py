"""The pages as a site: built without a network, without a warning, and with every page in it that docs/ holds."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", DOCS, folder], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_in_the_menu(site):
    menu = (site / "index.html").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert f'href="{page.stem}.html"' in menu or page.stem == "index", page.name


def test_a_page_loads_nothing_from_elsewhere(site):
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]+src="([^"]+)"|<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', text
        )
        assert not [address for pair in loaded for address in pair if "//" in address], page.name


def test_docstrings_stand_in_it(site):
    assert "TwoNN" in (site / "api.html").read_text(encoding="utf-8")


def test_the_glossary_is_that_of_the_catalogue():
    sys.path.insert(0, str(DOCS))
    try:
        from make_glossary import page
    finally:
        sys.path.remove(str(DOCS))
    assert (DOCS / "glossary.md").read_text(encoding="utf-8") == page(), "run: python docs/make_glossary.py"
