"""How large an effect so many prompts can decide, before any work. Knows numbers only.

A lone effect among n claims must reach p < 0.05/n before its q lies below 0.05. With P prompts that have both sides
once there are 2^P relabellings, so no p lies below 2/2^P, whatever the effect; and the effect must stand out of its
standard error far enough to be found four times in five.
"""

from __future__ import annotations

import math

import numpy as np

from llmgeo.statistics.prompt_table import FEWEST_PROMPTS
from llmgeo.statistics.score_interval import hanley_mcneil
from llmgeo.statistics.verdict import SIGNIFICANT

POWER = 0.8


def smallest_auc(prompts: int, claims: int = 1) -> float | None:
    """The smallest AUC above ½ that a lone one among so many claims is decided with in four of five runs.

    Of as many independent texts on each side as there are prompts, by Hanley & McNeil's variance; texts of a prompt
    that go together make it smaller. 1 where only sides that do not overlap are decided, None where not even they are.

    >>> round(smallest_auc(32), 2), round(smallest_auc(32, claims=5), 2)
    (0.7, 0.75)
    >>> smallest_auc(8, claims=5), smallest_auc(8, claims=9)
    (1.0, None)
    """
    if not _can_decide(prompts, claims):
        return None
    areas = np.linspace(0.5, 1.0, 5001)
    sizes = np.array(prompts)
    reach = _quantile(prompts, claims)
    needed = reach * np.sqrt(hanley_mcneil(np.array(0.5), sizes, sizes)) + _normal_quantile(POWER) * np.sqrt(
        hanley_mcneil(areas, sizes, sizes)
    )
    enough = areas - 0.5 >= needed
    return float(areas[enough.argmax()]) if enough.any() else 1.0


def smallest_difference(prompts: int, claims: int = 1) -> float | None:
    """The smallest mean of paired differences, in their standard deviations, that is decided in four of five runs.

    None where no effect can be decided.

    >>> round(smallest_difference(32), 2), round(smallest_difference(16, claims=9), 2), smallest_difference(8, claims=9)
    (0.51, 1.02, None)
    """
    if not _can_decide(prompts, claims):
        return None
    return float((_quantile(prompts, claims) + _normal_quantile(POWER)) / math.sqrt(prompts))


def fewest_prompts(claims: int) -> int:
    """Prompts, each once on both sides, below which no lone effect among so many claims can be decided.

    >>> fewest_prompts(1), fewest_prompts(5), fewest_prompts(9)
    (6, 8, 9)
    """
    return max(FEWEST_PROMPTS, math.floor(math.log2(2 * claims / SIGNIFICANT)) + 1)


def _can_decide(prompts: int, claims: int) -> bool:
    return prompts >= fewest_prompts(claims)


def _normal_quantile(share: float) -> float:
    from scipy.special import ndtri  # imported where a number is computed: a screen seldom needs one

    return float(ndtri(share))


def _quantile(prompts: int, claims: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(prompts - 1, 1 - SIGNIFICANT / claims / 2))
