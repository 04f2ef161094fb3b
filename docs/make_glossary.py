"""Write docs/glossary.md, what every word of the results means: python docs/make_glossary.py"""

from __future__ import annotations

import sys
from pathlib import Path

from llmgeo.report.glossary import GROUPS, Term, glossary

HEADER = """\
# Glossary

Every word of the results, in the words of `llmgeo explain WORD`: measures with their parameters and sources, verdicts,
conditions, statuses. `python docs/make_glossary.py` makes this page; a test compares it with the catalogue.
"""


def main(target: Path) -> None:
    target.write_text(page(), encoding="utf-8")


def page() -> str:
    """Every term in its group, in the order of `llmgeo explain`."""
    terms = glossary().values()
    parts = [HEADER]
    for group, heading in GROUPS.items():
        parts.append(f"## {heading}\n")
        parts.append("\n".join(_entry(term) for term in terms if term.group == group) + "\n")
    return "\n".join(parts)


def _entry(term: Term) -> str:
    typed = f" (`{term.word}`)" if term.word != term.title else ""
    unit = f", in {_plain(term.unit)}" if term.unit.strip() else ""
    lines = [f"- **{_plain(term.title)}**{typed}{unit}: {_plain(term.meaning)}"]
    if term.example:
        lines.append(f"  *{_plain(term.example)}*")
    if term.null:
        lines.append(f"  Read beside {_plain(term.null)}.")
    if term.parameters:
        lines.append(f"  Parameters: {_plain('; '.join(term.parameters))}.")
    if term.source:
        lines.append(f"  Source: {_plain(term.source)}.")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text in which no character is Markdown's."""
    for mark in "\\`*_[]<>":
        text = text.replace(mark, f"\\{mark}")
    return text.strip()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("glossary.md"))
