"""What changed in the weights, against numpy and a change that was planted."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from llmgeo.engine.progress import SILENT
from llmgeo.experiments.compare.weights_unit import measure_weights
from llmgeo.model.sources.toy import toy_model
from llmgeo.model.weights import FolderWeights, ModuleWeights
from tests.experiments.compare.pairs import changed


def test_the_change_is_the_one_that_was_made():
    base, tuned = toy_model(), toy_model()
    generator = torch.Generator().manual_seed(3)
    low_rank = torch.randn(64, 3, generator=generator) @ torch.randn(3, 128, generator=generator)
    with torch.no_grad():
        tuned.model.layers[4].mlp.down_proj.weight.add_(low_rank)
    tables = measure_weights(ModuleWeights(base), ModuleWeights(tuned), "bfloat16", SILENT).tables
    [changed_matrix] = {
        row["matrix"] for row in tables["weights"] if row["measure"] == "relative_change" and row["value"]
    }
    rows = [row for row in tables["weights"] if row["matrix"] == changed_matrix]
    values = {row["measure"]: row["value"] for row in rows}
    kept = [row["change_singular_value"] for row in tables["singular_values"]]
    delta = (tuned.model.layers[4].mlp.down_proj.weight - base.model.layers[4].mlp.down_proj.weight).detach()
    singular = np.linalg.svd(delta.double().numpy(), compute_uv=False)
    assert changed_matrix == "model.layers.4.mlp.down_proj.weight"
    assert {row["layer"] for row in rows} == {5}
    assert {row["cloud"] for row in rows if "row" in row["measure"]} == {"rows"}
    np.testing.assert_allclose(kept[:3], singular[:3], rtol=1e-6)
    assert values["stable_rank_of_change"] == pytest.approx((singular**2).sum() / singular[0] ** 2, rel=1e-6)
    shares = singular / singular.sum()
    assert values["effective_rank_of_change"] == pytest.approx(np.exp(entropy(shares)), rel=1e-2)


def test_files_and_memory_say_the_same(tmp_path):
    folders = []
    for name, model in zip(("a", "b"), changed(), strict=True):
        folders.append(tmp_path / name)
        model.save_pretrained(folders[-1])
    with FolderWeights(folders[0]) as base, FolderWeights(folders[1]) as tuned:
        from_files = measure_weights(base, tuned, "bfloat16", SILENT).tables
    in_memory = measure_weights(*map(ModuleWeights, changed()), "bfloat16", SILENT).tables

    def by_matrix(tables):
        return {(row["matrix"], row["measure"]): row["value"] for row in tables["weights"]}

    assert by_matrix(from_files) == by_matrix(in_memory)
