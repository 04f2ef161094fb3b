"""Which words of a source become a link, and that no stranger's text chooses where it leads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.report.page.cited import cited
from tests.page.hostile import STRINGS

ADDRESSES = re.compile(r'href="([^"]*)"')


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("Zhang & Dong, arXiv 2505.20340 (jumps)", "https://arxiv.org/abs/2505.20340"),
        ("arXiv:1908.04319v2; see there", "https://arxiv.org/abs/1908.04319v2"),
        ("Menger, doi:10.1007/BF01448840.", "https://doi.org/10.1007/BF01448840"),
        ("DOI 10.1162/tacl_a_00349, p. 3", "https://doi.org/10.1162/tacl_a_00349"),
    ],
)
def test_a_paper_that_is_named_is_linked(source, address):
    assert ADDRESSES.findall(cited(source)) == [address]
    assert re.sub("<[^>]*>", "", cited(source)) == source.replace("&", "&amp;")


@pytest.mark.parametrize(
    "source",
    [
        "arXiv 2599.10573", "arXiv 2500.10573", "arXiv 2505.203", "arXiv 2505.203401", "arXiv 2505.20340/../evil",
        "arXiv 2505.20340@evil.example", "arXiv 2505.20340.evil.example", "https://evil.example/arXiv 2505.20340x",
        "doi:10.1007/../evil", "doi:10.1007//evil.example", 'doi:10.1007/a"onclick=alert(1)//b', "doi:10.1007/a%2F..",
        "javascript:alert(1)", "xarXiv 2505.20340", "arXiv 2505.２0340", "arXiv\u00a02505.20340", *STRINGS,
    ],
)  # fmt: skip
def test_what_only_looks_like_a_paper_stays_text(source):
    assert "<" not in cited(source)


@given(st.text(alphabet="arXivdoi: 0123456789./-_\"'<>&@%#\\\u202e", max_size=60))
def test_no_text_makes_another_address_or_other_markup(source):
    whole = cited(f"arXiv 2505.20340 {source} doi:10.1/{source}")
    for address in ADDRESSES.findall(whole):
        assert re.fullmatch(r"https://(arxiv\.org/abs/[0-9v.]+|doi\.org/10\.[0-9]{4,9}/[\w.-]+)", address, re.ASCII)
        assert ".." not in address
    assert re.sub(r'<a href="[^"<>]*" rel="noreferrer">|</a>', "", whole).count("<") == 0
