"""What a claim's own picture is drawn from: a dot a prompt where both sides share prompts, else a dot a text.

Knows numbers with their names; no run, no experiment. The means are of all, the dots of a choice where there are many.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from llmgeo.report.page import glossary
from llmgeo.report.page.packing import number
from llmgeo.statistics import mean_interval

MOST_DOTS = 200
"""Prompts, or texts on a side, that are drawn of each claim."""


def panel(measure: str, rows: Sequence[Mapping[str, object]], turn: int) -> dict[str, object]:
    """A picture of one measure.

    Args:
        rows: of `differences` or `two_sides`; several where a measure is read at several scales.
        turn: 1 where the first side is claimed to be higher, and -1 where it is claimed to be lower.
    """
    return {**glossary.measure(measure), "rows": list(rows), "turn": turn}


def differences(a: pd.Series, b: pd.Series, turn: int, words: str = "", seed: int = 0) -> dict[str, object]:
    """One dot a prompt that both sides have: its values, and the mean difference, positive where it is as claimed.

    Args:
        a, b: values by prompt.
        words: what tells this row from the others.
        seed: of the choice of dots.

    >>> row = differences(pd.Series({"p": 3.0, "q": 5.0}), pd.Series({"q": 1.0, "p": 4.0}), turn=1)
    >>> row["names"], row["a"], row["b"], row["as_predicted"], row["value"]
    (['p', 'q'], [3.0, 5.0], [4.0, 1.0], 1, 1.5)
    """
    a, b = a.dropna(), b.dropna()
    prompts = a.index.intersection(b.index)
    of_a, of_b = a[prompts].to_numpy(float), b[prompts].to_numpy(float)
    turned = turn * (of_a - of_b)
    drawn = _drawn(len(prompts), seed)
    return {
        "words": words,
        "names": [str(prompts[at]) for at in drawn],
        "a": [number(of_a[at], 6) for at in drawn],
        "b": [number(of_b[at], 6) for at in drawn],
        "n": len(prompts),
        "as_predicted": int((turned > 0).sum()),
        **_mean(turned, prompts.to_numpy(str)),
    }


def two_sides(sides: Sequence[pd.DataFrame], words: str = "", seed: int = 0) -> dict[str, object]:
    """One dot a text. Each side is a table with the columns name, prompt and value."""
    return {"words": words, "sides": [_side(side.dropna(subset="value"), seed) for side in sides]}


def trend(along: pd.Series, values: pd.Series, seed: int = 0) -> dict[str, object]:
    """One dot a prompt: its value over what it may rise or fall with. Both by prompt."""
    prompts = values.dropna().index.intersection(along.dropna().index)
    drawn = prompts[_drawn(len(prompts), seed)]
    return {
        "words": "",
        "names": [str(name) for name in drawn],
        "along": [number(value, 6) for value in along[drawn]],
        "values": [number(value, 6) for value in values[drawn]],
        "n": len(prompts),
    }


def _side(side: pd.DataFrame, seed: int) -> dict[str, object]:
    drawn = side.iloc[_drawn(len(side), seed)]
    return {
        "names": drawn["name"].astype(str).tolist(),
        "values": [number(value, 6) for value in drawn["value"]],
        "n": len(side),
        **_mean(side["value"].to_numpy(float), side["prompt"].to_numpy(str)),
    }


def _drawn(count: int, seed: int) -> list[int]:
    """Which are drawn, in order."""
    if count <= MOST_DOTS:
        return list(range(count))
    return sorted(np.random.default_rng(seed).choice(count, MOST_DOTS, replace=False).tolist())


def _mean(values: np.ndarray, prompts: np.ndarray) -> dict[str, float | None]:
    if not len(values):
        return {"value": None, "low": None, "high": None}
    means = mean_interval(values[:, None], prompts)
    return {"value": number(means.mean[0], 6), "low": number(means.low[0], 6), "high": number(means.high[0], 6)}
