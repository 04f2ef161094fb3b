"""What stands while a probe still runs: a line for each claim whose state changes. Needs rows; no model, no states.

A claim gets its verdict when the texts of all prompts under its conditions are measured, and only one that no further
text can turn: claims whose texts are still to come count as p = 1, so that no q gets larger by what they turn out to
be. Before that there is a look: what the prompts at hand say, with their number, and called no verdict. Claims on texts
from files, which stand on no prompts, are answered at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from llmgeo.experiments.probe import sentences
from llmgeo.experiments.probe.claims import claim_test, measures_of
from llmgeo.experiments.probe.order import claims_on_prompts, names
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.recipe_tables import Claim
from llmgeo.experiments.probe.sample_table import make_sample_table
from llmgeo.report.claims import claim_answers
from llmgeo.run import Run
from llmgeo.statistics.verdict import (
    CONTRADICTED,
    NOT_MEASURED,
    SIGNIFICANT,
    SUPPORTED,
    UNDECIDED,
    Verdict,
    decide,
)

MOST_TEXTS = 5000
"""Texts of a run that is looked at while it goes on: beyond, the looks would take memory and time of their own."""

SO_FAR = {SUPPORTED: sentences.AS_PREDICTED_SO_FAR, CONTRADICTED: sentences.AGAINST_SO_FAR}
"""What a look says; anything else is open so far."""

OPEN = sentences.OPEN_SO_FAR

FINAL = (SUPPORTED, CONTRADICTED, UNDECIDED, NOT_MEASURED)

ROWS = Sequence[Mapping[str, object]]


class Standing:
    """The claims of a run that goes on.

    Args:
        prompts: of the whole run.
        blocks: the model's number of blocks L.
    """

    def __init__(self, recipe: Recipe, prompts: int, blocks: int) -> None:
        self._recipe, self._prompts, self._blocks = recipe, prompts, blocks
        self._claims = claims_on_prompts(recipe)
        self._measures = set[str]().union(*map(measures_of, self._claims))
        self._units: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self._states: dict[str, str] = {}
        self._looked_at: dict[str, int] = {}
        self.is_too_long = prompts * len(recipe.conditions) > MOST_TEXTS
        self.is_watching = bool(self._claims) and not self.is_too_long

    def take_stored(self, run: Run) -> None:
        """Take in what an interrupted run holds; what it decided was said when it was measured."""
        if self.is_watching and run.units:
            self._take("", run.samples, run.estimates)
            for _ in self.news():
                pass

    def take(self, unit: str, samples: ROWS, estimates: ROWS) -> None:
        """Take in a unit's rows, as a run stores them; more rows of the same unit replace those that were given."""
        if self.is_watching and samples and estimates:
            self._take(unit, pd.DataFrame(samples), pd.DataFrame(estimates))

    def news(self) -> Iterator[str]:
        """One line for each claim whose state has changed."""
        if not self._units:
            return
        samples, estimates = self._rows()
        conditions = samples.groupby("condition")["prompt"].agg(set)
        counts = {claim.name: self._measured_prompts(claim, conditions) for claim in self._claims}
        ready = [claim for claim in self._claims if counts[claim.name]]
        if not any(self._is_worth_a_look(claim, counts[claim.name]) for claim in ready):
            return
        self._looked_at |= counts
        table = make_sample_table(samples, [estimates], self._recipe)
        tests = [claim_test(table, claim, self._recipe, self._blocks) for claim in ready]
        verdicts = decide(tests, waiting=len(self._recipe.claims) - len(ready))
        for verdict in verdicts:
            name, count = verdict.test.claim, counts[verdict.test.claim]
            state = self._state(verdict, count)
            if self._states.get(name, OPEN) != state:
                yield sentences.standing(count, self._prompts, _line(verdict, state))
            self._states[name] = state

    def _take(self, unit: str, samples: pd.DataFrame, estimates: pd.DataFrame) -> None:
        columns = ["sample", "condition", "prompt", "label", "window_start", "error", *self._recipe.measures.baselines]
        is_claimed = estimates["measure"].isin(self._measures)
        values = estimates.loc[is_claimed, ["sample", "measure", "layer", "n", "n_unique", "value", "null", "status"]]
        self._units[unit] = samples[columns], values

    def _rows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """All rows; of a sample that was stored and is measured anew, those that came last."""
        samples, estimates = (pd.concat(parts, ignore_index=True) for parts in zip(*self._units.values(), strict=True))
        return samples.drop_duplicates("sample", keep="last"), estimates.drop_duplicates(
            ["sample", "measure", "layer"], keep="last"
        )

    def _measured_prompts(self, claim: Claim, conditions: pd.Series) -> int:
        """Prompts whose texts are there under all conditions of the claim."""
        sides = [conditions.get(name, set()) for name in names(claim)]
        return len(set.intersection(*sides))

    def _is_worth_a_look(self, claim: Claim, count: int) -> bool:
        """Whether an eighth more prompts are there than at the last look, or all."""
        before = self._looked_at.get(claim.name, 0)
        return count > before and (count >= self._prompts or 8 * count >= 9 * before)

    def _state(self, verdict: Verdict, count: int) -> str:
        if count < self._prompts:
            return SO_FAR.get(verdict.verdict, OPEN)
        p = verdict.test.p
        # q is never below p: what p leaves undecided stays so. A small p may yet become a small q.
        is_final = verdict.verdict in (SUPPORTED, CONTRADICTED, NOT_MEASURED) or not p < SIGNIFICANT
        return verdict.verdict if is_final else OPEN


def _line(verdict: Verdict, state: str) -> str:
    """The state in one phrase, the sentence, and what it rests on."""
    [answer] = claim_answers(pd.DataFrame([verdict.row()]))
    if state in FINAL:
        why = answer.why_not_measured
        said = f"{why[:1].upper()}{why[1:]}." if state == NOT_MEASURED else answer.words if state != UNDECIDED else None
        return sentences.verdict(answer.conclusion, answer.sentence, said)
    return sentences.look(state, answer.sentence, None if answer.effect is None else answer.effect_words)
