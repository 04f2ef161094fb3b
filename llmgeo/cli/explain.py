"""`llmgeo explain`: what a word of the results means. Loads neither torch nor a model."""

from dataclasses import asdict
from typing import Annotated

import typer

from llmgeo.cli.options import Format, FormatOption
from llmgeo.cli.output import write

WordArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="WORD",
        help="auc, null, plateau; a measure (gride, 'gride(n1=4)'); a condition (nucleus); a status. Left out: all.",
        show_default=False,
    ),
]


def explain(word: WordArgument = None, format: FormatOption = Format.human) -> None:
    """Explain a term in the results: AUC, null, a measure.

    \b
    Examples:
      llmgeo explain auc
      llmgeo explain gride
      llmgeo explain layer 0
      llmgeo explain            every term, by group
    """
    from llmgeo import plugins
    from llmgeo.report import glossary, glossary_view

    plugins.load()
    asked = " ".join(word or ()).strip()
    if not asked:
        terms = glossary.glossary()
        write(
            format,
            human=lambda width: glossary_view.terms_view(terms.values(), width),
            data=lambda: [asdict(term) for term in terms.values()],
            path="\n".join(terms),
        )
        return
    term = glossary.explain(asked)
    write(format, human=lambda width: glossary_view.term_view(term, width), data=lambda: asdict(term), path=term.word)
