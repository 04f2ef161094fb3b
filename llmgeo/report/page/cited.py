"""Papers that a text names, as links to them: arXiv ids and DOIs of the strictest form, and nothing else.

A source is a stranger's text. Only what matches letter by letter becomes part of an address, the host is always one of
two, and everything around it stays escaped text. Nothing is fetched before a reader clicks.
"""

import re

from markupsafe import Markup, escape

from llmgeo.escape import literal

_ARXIV = r"arXiv[ :](?P<arxiv>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5}(?:v[1-9][0-9]?)?)"
_DOI = r"(?:doi[ :]|DOI[ :])(?P<doi>10\.[0-9]{4,9}/[A-Za-z0-9]+(?:[.\-_][A-Za-z0-9]+)*)"
_PAPER = re.compile(rf"(?<![\w./:-])(?:{_ARXIV}|{_DOI})(?=[).,;:]*(?: |$))", re.ASCII)


def cited(text: object) -> Markup:
    """The text, escaped, with a link for each paper it names.

    >>> cited("Viswanathan et al. 2025, arXiv 2501.10573")
    Markup('Viswanathan et al. 2025, <a href="https://arxiv.org/abs/2501.10573" rel="noreferrer">arXiv 2501.10573</a>')
    >>> cited("<b>, arXiv 2599.10573, arXiv:2501.10573@evil.example")
    Markup('&lt;b&gt;, arXiv 2599.10573, arXiv:2501.10573@evil.example')
    """
    shown = literal(text)
    parts, end = [], 0
    for paper in _PAPER.finditer(shown):
        parts += [escape(shown[end : paper.start()]), _link(paper)]
        end = paper.end()
    return Markup("").join([*parts, escape(shown[end:])])


def _link(paper: re.Match[str]) -> Markup:
    arxiv, doi = paper["arxiv"], paper["doi"]
    address = f"https://arxiv.org/abs/{arxiv}" if arxiv else f"https://doi.org/{doi}"
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, paper[0])
