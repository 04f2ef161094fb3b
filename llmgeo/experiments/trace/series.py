"""Which checkpoints a run is about, as plain data: handed from the command to the work, and from there to the manifest.

Knows trainings and factors; loads no model.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmgeo.errors import UsageError
from llmgeo.messages import did_you_mean, option, place, shown
from llmgeo.model.same_tokenizer import digest_of_files
from llmgeo.model.sources.checkpoints import Training, equal_to
from llmgeo.model.sources.trainer_state import rate_sums

LOGGED = {"loss": "log_loss", "eval_loss": "log_eval_loss", "learning_rate": "learning_rate"}
"""What a Trainer logs, and what the table of checkpoints calls it."""


def as_options(trainings: Sequence[Training], factors: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What is to be traced: the checkpoints, without those that are a later one byte for byte, and what is wrong."""
    rows, faults, files = [], [], []
    for training in trainings:
        equal = equal_to(training)
        faults += list(training.faults())
        kept = [checkpoint for checkpoint in training.checkpoints if checkpoint.name not in equal]
        files += [digest_of_files(each.settings) if each.settings else None for each in kept]
        rates = _rates(training, [checkpoint.step for checkpoint in kept])
        rows += [
            {
                "checkpoint": f"{training.name}/{each.name}",
                "run": training.name,
                "step": each.step,
                "tokens": each.tokens,
                "tokens_status": each.tokens_status,
                **_logged(training, each.step),
                **of_rates,
            }
            for each, of_rates in zip(kept, rates, strict=True)
        ]
        if len({row["checkpoint"] for row in rows}) < len(rows):
            raise UsageError(f"{training.name} has two checkpoints of one name; give each folder a name of its own")
    factors = {name: dict(values) for name, values in factors.items()}
    return {"checkpoints": rows, "faults": faults, "factors": factors, "tokenizer_files": files}


def subjects_of(trainings: Sequence[Training]) -> tuple[str, ...]:
    """What is loaded, in the order of `as_options`."""
    return tuple(
        checkpoint.subject
        for training in trainings
        for checkpoint in training.checkpoints
        if checkpoint.name not in equal_to(training)
    )


def _logged(training: Training, step: int) -> dict[str, float]:
    """Losses and learning rate that were logged last, up to a step."""
    found: dict[str, float] = {}
    for row in training.history:
        if row["step"] <= step:
            found |= {name: float(row[key]) for key, name in LOGGED.items() if key in row}
    return found


def _rates(training: Training, steps: Sequence[int]) -> list[dict[str, float]]:
    """Sums of the learning rate and of its square over the steps before each; nothing where none was logged."""
    sums = rate_sums(training.history, steps)
    if sums is None:
        return [{} for _ in steps]
    return [{"rate_sum": float(plain), "rate_squares": float(square)} for plain, square in zip(*sums, strict=True)]


def factors_of(
    trainings: Sequence[Training], given: Sequence[str] = (), table: Path | str | None = None
) -> dict[str, dict[str, str]]:
    """By factor, the value of each run.

    Args:
        given: ``"optimizer=adamw,sgd"``: one value a run, in their order.
        table: a CSV file with a column `run` and one a factor.

    Raises:
        UsageError: what is none of these, or does not fit the runs.
    """
    names = [training.name for training in trainings]
    factors: dict[str, dict[str, str]] = {}
    for text in given:
        name, is_given, listed = text.partition("=")
        values = [value.strip() for value in listed.split(",")]
        if not is_given or not name.strip() or len(values) != len(names) or not all(values):
            raise UsageError(
                f"{option('factor', text)}: write NAME=VALUE,VALUE,… with one value for each of the {len(names)} runs "
                f"({', '.join(names[:6])}{' …' if len(names) > 6 else ''})"
            )
        factors[name.strip()] = dict(zip(names, values, strict=True))
    return factors | (_from_table(Path(table), names) if table is not None else {})


def _from_table(path: Path, names: Sequence[str]) -> dict[str, dict[str, str]]:
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{option('factors', path)}: it cannot be read ({error}). Give a CSV file with a column run."
        ) from None
    if not rows or "run" not in rows[0]:
        raise UsageError(f"{place(path)} has no column run; write one line a run, with a column for each factor.")
    by_run = {row["run"]: row for row in rows}
    if unknown := sorted(set(by_run) - set(names)):
        raise UsageError(
            f"{place(path)} tells of {shown(unknown[0])}, which is none of the runs{did_you_mean(unknown[0], names)}"
        )
    if missing := [name for name in names if name not in by_run]:
        raise UsageError(f"{place(path)} does not tell of the run {shown(missing[0])}; add a line for it.")
    return {
        factor: {name: str(by_run[name][factor]).strip() for name in names} for factor in rows[0] if factor != "run"
    }
