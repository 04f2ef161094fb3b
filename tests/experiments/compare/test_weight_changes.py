"""What changed in the weights, against numpy and a change that was planted."""

import numpy as np
import pytest
import torch
from llmgeo.experiments.compare.weight_changes import compare_weights
from scipy.stats import entropy

from llmgeo.model.sources.toy import toy_model
from llmgeo.model.weights import FolderWeights, ModuleWeights
from tests.experiments.compare.pairs import changed


def test_the_change_is_the_one_that_was_made():
    base, tuned = toy_model(), toy_model()
    generator = torch.Generator().manual_seed(3)
    low_rank = torch.randn(64, 3, generator=generator) @ torch.randn(3, 128, generator=generator)
    with torch.no_grad():
        tuned.model.layers[4].mlp.down_proj.weight.add_(low_rank)
    [change] = [
        change
        for change in compare_weights(ModuleWeights(base), ModuleWeights(tuned))
        if change.measured.values["relative_change"]
    ]
    delta = (tuned.model.layers[4].mlp.down_proj.weight - base.model.layers[4].mlp.down_proj.weight).detach()
    singular = np.linalg.svd(delta.double().numpy(), compute_uv=False)
    assert (change.name, change.layer) == ("model.layers.4.mlp.down_proj.weight", 5)
    np.testing.assert_allclose(change.singular_values[:3], singular[:3], rtol=1e-6)
    values = change.measured.values
    assert values["stable_rank_of_change"] == pytest.approx((singular**2).sum() / singular[0] ** 2, rel=1e-6)
    shares = singular / singular.sum()
    assert values["effective_rank_of_change"] == pytest.approx(np.exp(entropy(shares)), rel=1e-2)


def test_files_and_memory_say_the_same(tmp_path):
    folders = []
    for name, model in zip(("a", "b"), changed(), strict=True):
        folders.append(tmp_path / name)
        model.save_pretrained(folders[-1])
    with FolderWeights(folders[0]) as base, FolderWeights(folders[1]) as tuned:
        from_files = {change.name: change.measured.values for change in compare_weights(base, tuned)}
    in_memory = {change.name: change.measured.values for change in compare_weights(*map(ModuleWeights, changed()))}
    assert from_files == in_memory
