"""Rows that ended leave the batch, and the others go on as if they were alone."""

import pytest
import torch

import llmgeo
from llmgeo.model.key_value_cache import growing_cache
from tests.model.families import BUILDERS, build
from tests.model.test_capture import PROMPTS, reference, relative_difference

LIMITS = (3, 20, 5, 20, 1, 12, 20, 7)
SETTINGS = [llmgeo.Decoding(max_new_tokens=limit, temperature=1.3, top_p=0.9) for limit in LIMITS]


@pytest.mark.parametrize("family", sorted(BUILDERS))
def test_those_that_stay_are_what_they_are_alone(family):
    model = llmgeo.load(build(family))
    seeds = list(range(len(PROMPTS)))
    steps: list[int] = []
    [batch] = model.generate_batches(PROMPTS, SETTINGS, seeds, len(PROMPTS), steps.append)
    if growing_cache(model.hf, 9) is not None:
        assert model.verified.cache == "in place"
        assert steps == sorted(steps, reverse=True)
        assert steps[0] == len(PROMPTS)
        assert steps[-1] < len(PROMPTS), "no row ever left"
    for row, trajectory in enumerate(batch):
        [alone] = model.generate([PROMPTS[row]], SETTINGS[row], seed=[seeds[row]])
        assert trajectory.token_ids == alone.token_ids
        torch.testing.assert_close(trajectory.surprisal, alone.surprisal, rtol=1e-4, atol=1e-4, equal_nan=True)
        states, _ = reference(model.hf, trajectory.token_ids)
        assert relative_difference(trajectory.states, states) < 1e-5
