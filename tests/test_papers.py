"""The papers that are named: each in the sources that commands show, and by the same authors and year everywhere."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.recipe import list_recipes, load_recipe
from llmgeo.report.glossary import glossary

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", *ROOT.glob("probes/*.toml"), *ROOT.glob("llmgeo/**/*.py")])
ARXIV = re.compile(r"\b\d{4}\.\d{5}\b")
NAMED = re.compile(
    r"(?P<author>[A-ZÀ-Ž][\w-]+)(?: et al\.|(?:, [A-Z][\w-]+)* & [A-Z][\w-]+)? (?P<year>(?:19|20)\d\d),? "
    r"\(?(?:\w+, )?arXiv (?P<id>\d{4}\.\d{5})"
)
CLAIMS = [claim for recipe in map(load_recipe, list_recipes()) for claim in recipe.claims]
SOURCES = [
    *(measure.source for measure in EVERY_MEASURE.values()),
    *(claim.source for claim in CLAIMS),
    *(term.source for term in glossary().values()),
]


def test_every_paper_of_the_docs_stands_in_a_source():
    shown = {number for source in SOURCES for number in ARXIV.findall(source)}
    for page in (page for page in PAGES if page.suffix == ".md"):
        assert {*ARXIV.findall(page.read_text(encoding="utf-8"))} <= shown, page.name


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_names_its_paper_so_that_it_can_be_found(claim):
    assert re.search(r"[A-Z]\w+.* (?:19|20)\d\d", claim.source)
    assert ARXIV.search(claim.source) or "Zenodo" in claim.source or "(no paper)" in claim.source


def test_a_paper_has_the_same_authors_and_year_everywhere():
    named = defaultdict(set)
    for text in (page.read_text(encoding="utf-8") for page in PAGES):
        for match in NAMED.finditer(re.sub(r'"?\s*\n\s*[#"]?\s*', " ", text)):
            named[match["id"]].add((match["author"], match["year"]))
    assert len(named) > 15
    assert {number: names for number, names in named.items() if len(names) > 1} == {}


def test_every_measure_has_a_source():
    assert [name for name, measure in EVERY_MEASURE.items() if not measure.source] == []
