"""`llmgeo verify` and `llmgeo repair`: do all files of a run match their checksums, and what to do if not. No model."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from llmgeo.cli.latest import meant
from llmgeo.cli.options import Format, FormatOption, RunArgument
from llmgeo.cli.output import write

if TYPE_CHECKING:
    from pathlib import Path

    from llmgeo.run import Problem, Repair

DAMAGED = 1


def verify(run: RunArgument, format: FormatOption = Format.human) -> int:
    """Check that no file of a run has been changed or damaged. Exit code 1 if one has.

    \b
    Examples:
      llmgeo verify runs/20261124T083005Z-toy-coherence-a1b2c3
      llmgeo verify runs/... --format json
    """
    from llmgeo import run as runs

    run = meant(run)
    problems = runs.verify(run)
    lines = [problem.message for problem in problems]
    if problems:
        lines += _advice(run, {problem.kind for problem in problems})
    else:
        lines.append(f"All files match their checksums: {run}")
    write(
        format,
        human=lambda width: _lines(lines),
        data=lambda: {"path": str(run), "problems": _problems(problems)},
        path=str(run),
    )
    return DAMAGED if problems else 0


def repair(run: RunArgument, format: FormatOption = Format.human) -> None:
    """Remove what is damaged from a run.

    The command that started the run then measures only that again. Nothing intact is lost; the old journal is kept.

    \b
    Examples:
      llmgeo repair runs/20261124T083005Z-toy-coherence-a1b2c3
    """
    from llmgeo import run as runs

    run = meant(run)
    repaired = runs.repair(run)
    write(
        format,
        human=lambda width: _lines(_repair_words(run, repaired)),
        data=lambda: {
            "path": str(run),
            "dropped": list(repaired.dropped),
            "problems": _problems(repaired.problems),
            "backup": None if repaired.backup is None else str(repaired.backup),
        },
        path=str(run),
    )


def _advice(run: "Path", kinds: set[str]) -> list[str]:
    """What to do about problems of these kinds."""
    if "manifest" in kinds:
        return []  # its message says all there is to do
    advice = []
    if kinds - {"results"}:
        advice.append(
            f"To measure only what is damaged again: llmgeo repair {_quoted(run)}, then the command that started it"
        )
    if "results" in kinds:
        advice.append(f"To compute the results again from what was measured: llmgeo analyze {_quoted(run)}")
    return advice


def _repair_words(run: "Path", repaired: "Repair") -> list[str]:
    from llmgeo.report.words import count

    if not repaired.problems and repaired.backup is None:
        return ["All files match their checksums; nothing was changed."]
    lines = [problem.message for problem in repaired.problems]
    kinds = {problem.kind for problem in repaired.problems}
    if repaired.dropped:
        lines.append(
            f"Taken out: {count(len(repaired.dropped), 'unit')} ({', '.join(repaired.dropped)}). "
            "The command that started the run measures them again."
        )
    elif repaired.backup is not None:
        lines.append(
            "Lines of the journal that could not be read were taken out. The command that started the run measures "
            "again what they named."
        )
    elif kinds == {"results"}:
        lines.append("No unit had to be taken out. The results were removed.")
        lines += _advice(run, kinds)
    else:
        lines.append("No unit had to be taken out. The command that started the run puts right what is left.")
    if repaired.backup is not None:
        lines.append(f"The journal as it was: {repaired.backup}")
    return lines


def _problems(problems: "tuple[Problem, ...] | list[Problem]") -> list[dict[str, object]]:
    return [asdict(problem) for problem in problems]


def _lines(lines: list[str]):
    from rich.console import Group

    from llmgeo.report.screen import text

    return Group(*map(text, lines))


def _quoted(path) -> str:
    import shlex

    return shlex.quote(str(path))
