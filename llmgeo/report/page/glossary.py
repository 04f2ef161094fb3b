"""The glossary on a page: links from its words to their explanations, and the explanations of all words it uses.

Also what its drawings call measures and conditions. Knows the glossary and the catalogue; draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from llmgeo.escape import literal
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.report import words
from llmgeo.report.claims import ClaimAnswer
from llmgeo.report.conditions import in_words as condition
from llmgeo.report.glossary import GROUPS, Term, condition_term, find
from llmgeo.report.glossary import glossary as every_term

__all__ = ["PageGlossary", "condition", "measure"]


def measure(name: str) -> dict[str, object]:
    """What the page must know to show a measure: its words, unit, the factor of its printed values, its meaning."""
    entry = EVERY_MEASURE.get(name)
    return {
        "name": name,
        "words": words.measure(name),
        "unit": entry.unit if entry else "",
        "scale": entry.scale if entry else 1.0,
        "meaning": entry.meaning if entry else "",
    }


class PageGlossary:
    """The words of one page: `link` is called where one stands, `terms` after the last of them."""

    def __init__(self, data: Mapping, recipe: Mapping, claims: Iterable[ClaimAnswer] = ()):
        """
        Args:
            data: what the scripts draw: the measures, conditions and statuses in it are used.
            recipe: of the run, whose conditions are explained as they are.
            claims: of the page, whose verdicts are used.
        """
        self._own = {str(table.get("name")): table for table in recipe.get("conditions", ())}
        self._recipe = str(recipe.get("name", ""))
        self._used: dict[str, Term] = {}
        for word in (*_words_of(data), *_words_of_claims(claims)):
            self._use(word)

    def link(self, word: str, said: str | None = None) -> Markup:
        """A word of the glossary as a link to its explanation.

        Args:
            said: as it stands in the sentence; the term's title, if left out.

        >>> PageGlossary({}, {}).link("auc")
        Markup('<a class="term" href="#glossary-auc">AUC</a>')
        """
        term = self._use(word)
        said = said if said is not None else term.title if term else word
        if term is None:
            return Markup("{}").format(literal(said))
        return Markup('<a class="term" href="#{}">{}</a>').format(term.anchor, literal(said))

    def terms(self) -> dict[str, list[Term]]:
        """All that were used, by the heading of their group."""
        order = {word: place for place, word in enumerate(every_term())}
        used = sorted(self._used.values(), key=lambda term: order.get(term.word, len(order)))
        groups = {heading: [term for term in used if term.group == group] for group, heading in GROUPS.items()}
        return {heading: terms for heading, terms in groups.items() if terms}

    def _use(self, word: str) -> Term | None:
        term = condition_term(self._recipe, self._own[word]) if word in self._own else find(word)
        if term is not None:
            self._used[term.word] = term
        return term


def _words_of(data: Mapping) -> Iterable[str]:
    """The conditions and measures that are drawn, and the statuses that some value of theirs has.

    >>> [*_words_of({"curves": [{"name": "gride", "curves": [{"status": ["ok", "no_plateau", "ok"]}]}]})]
    ['gride', 'no_plateau']
    """
    for entry in data.get("conditions", ()):
        yield str(entry["name"])
    for entry in (*data.get("curves", ()), *data.get("baselines", ())):
        yield str(entry["name"]).partition("-")[0]  # a panel's name: what follows is its kind of cloud
        statuses = {status for curve in entry.get("curves", ()) for status in curve["status"]}
        yield from sorted(status for status in statuses if status and status != "ok")
    for entry in data.get("texts", {}).get("measures", ()):
        yield str(entry["name"])


def _words_of_claims(claims: Iterable[ClaimAnswer]) -> Iterable[str]:
    for claim in claims:
        yield from ("claim", claim.verdict, *(("baseline", "beyond", claim.baseline) if claim.baseline else ()))
