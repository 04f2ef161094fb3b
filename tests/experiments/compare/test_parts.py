"""The parts of a comparison against scipy, numpy and closed forms."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr, softmax
from scipy.stats import entropy

from llmgeo.errors import ModelError, RecipeError
from llmgeo.experiments.compare.distances import pair_rows
from llmgeo.experiments.compare.layers import halves_floor
from llmgeo.experiments.compare.recipe import load_comparison
from llmgeo.measures.distributions.divergence import shift, shift_at
from llmgeo.measures.weights import FolderWeights, ModuleWeights, compare_weights, singular_values
from llmgeo.model.sources.toy import toy_model
from tests.experiments.compare.pairs import changed


class TestOutputs:
    logits = np.random.default_rng(0).normal(size=(2, 40, 50)) * 3

    def found(self):
        base, tuned = (torch.from_numpy(one) for one in self.logits)
        return shift(lambda at: base[at], lambda at: tuned[at], slice(1, 41))

    def test_divergences_are_scipys(self):
        base, tuned = softmax(self.logits, axis=-1)
        np.testing.assert_allclose(self.found().kl, rel_entr(tuned, base).sum(-1), rtol=1e-9)
        np.testing.assert_allclose(self.found().js, jensenshannon(base, tuned, axis=-1) ** 2, rtol=1e-9)
        np.testing.assert_allclose(self.found().entropy_drop, entropy(base, axis=-1) - entropy(tuned, axis=-1))

    def test_rank_is_that_of_the_sorted_base(self):
        base, tuned = self.logits
        order = (-base).argsort(-1)
        expected = [1 + list(row).index(choice) for row, choice in zip(order, tuned.argmax(-1), strict=True)]
        assert self.found().base_rank.tolist() == expected

    def test_shares_sum_to_one(self):
        summary = self.found().summary()
        assert sum(summary[f"{name}_share"] for name in ("unshifted", "marginal", "shifted")) == pytest.approx(1)

    def test_the_same_model_differs_by_exactly_nothing(self):
        base = torch.from_numpy(self.logits[0]).float()
        found = shift(lambda at: base[at], lambda at: base[at], slice(1, 41))
        assert not found.kl.any()
        assert not found.js.any()
        assert not found.entropy_drop.any()

    def test_an_impossible_token_adds_nothing(self):
        base = torch.tensor([[0.0, 1.0, -torch.inf]])
        found = shift(lambda at: base[at], lambda at: base[at].flip(0) + 1, slice(1, 2))
        assert found.kl[0] == pytest.approx(0, abs=1e-12)

    def test_the_same_tokens_at_other_places(self):
        base = torch.from_numpy(self.logits[0])
        behind = torch.cat([torch.zeros(5, 50, dtype=torch.float64), base])
        found = shift_at(lambda at: base[at], slice(1, 41), lambda at: behind[at], slice(6, 46))
        assert not found.kl.any()


class TestWeights:
    def test_the_change_is_the_one_that_was_made(self):
        base, tuned = toy_model(), toy_model()
        generator = torch.Generator().manual_seed(3)
        low_rank = torch.randn(64, 3, generator=generator) @ torch.randn(3, 128, generator=generator)
        with torch.no_grad():
            tuned.model.layers[4].mlp.down_proj.weight.add_(low_rank)
        [found] = [
            change
            for change in compare_weights(ModuleWeights(base), ModuleWeights(tuned))
            if change.values["relative_change"]
        ]
        delta = (tuned.model.layers[4].mlp.down_proj.weight - base.model.layers[4].mlp.down_proj.weight).detach()
        singular = np.linalg.svd(delta.double().numpy(), compute_uv=False)
        assert (found.name, found.layer) == ("model.layers.4.mlp.down_proj.weight", 5)
        np.testing.assert_allclose(found.singular_values[:3], singular[:3], rtol=1e-6)
        assert found.values["stable_rank_of_change"] == pytest.approx((singular**2).sum() / singular[0] ** 2, rel=1e-6)
        shares = singular / singular.sum()
        assert found.values["effective_rank_of_change"] == pytest.approx(np.exp(entropy(shares)), rel=1e-2)

    def test_singular_values_are_numpys(self):
        matrix = torch.randn(30, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        np.testing.assert_allclose(singular_values(matrix), np.linalg.svd(matrix.numpy(), compute_uv=False), rtol=1e-9)

    def test_files_and_memory_say_the_same(self, tmp_path):
        folders = []
        for name, model in zip(("a", "b"), changed(), strict=True):
            folders.append(tmp_path / name)
            model.save_pretrained(folders[-1])
        with FolderWeights(folders[0]) as base, FolderWeights(folders[1]) as tuned:
            from_files = {change.name: change.values for change in compare_weights(base, tuned)}
        in_memory = {change.name: change.values for change in compare_weights(*map(ModuleWeights, changed()))}
        assert from_files == in_memory

    def test_another_shape_is_refused(self):
        pair = ModuleWeights(toy_model()), ModuleWeights(toy_model(width=32))
        with pytest.raises(ModelError, match="not two checkpoints of one architecture"):
            list(compare_weights(*pair))

    def test_a_folder_without_weights_is_refused(self, tmp_path):
        with pytest.raises(ModelError, match="save_pretrained"):
            FolderWeights(tmp_path)


class TestPairMeasures:
    def test_the_difference_cloud_has_the_dimension_that_was_planted(self):
        generator = torch.Generator().manual_seed(0)
        base = torch.randn(1, 400, 64, generator=generator, dtype=torch.float64)
        moved = base + torch.randn(1, 400, 5, generator=generator, dtype=torch.float64) @ torch.eye(5, 64).double()
        rows = {row["measure"]: row["value"] for row in pair_rows(base, moved, base, "float32", "text")}
        assert rows["difference_participation_ratio"] == pytest.approx(5, rel=0.05)
        assert rows["difference_intrinsic_dimension"] == pytest.approx(5, rel=0.2)

    def test_a_shift_is_measured_in_radii(self):
        base = torch.randn(2, 300, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        rows = {
            (row["measure"], row["layer"]): row["value"] for row in pair_rows(base, base + 1, base, "float32", "text")
        }
        assert rows["mean_shift", 0] == pytest.approx(1.0, rel=0.05)  # |(1, …, 1)| = 4, the radius of the cloud too
        assert rows["mean_shift_cosine", 1] == pytest.approx(1.0)
        assert rows["unrotated_residual", 0] == pytest.approx(0.0, abs=1e-20)


def test_halves_differ_by_what_sampling_makes_them_differ():
    values = np.random.default_rng(0).normal(size=(400, 1))
    expected = 1.96 * values.std() * 2 / np.sqrt(400)
    assert halves_floor(values, splits=4000)[0] == pytest.approx(expected, rel=0.05)
    assert np.isnan(halves_floor(values[:3], splits=20)[0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "comparison"', 'kind = "comparision"'), "no recipe of a comparison"),
        (("tokens = 48", "tokens = 480"), "reaches beyond answers.new_tokens = 96"),
        (('measure = "intrinsic_dimension"', 'measure = "intrinsic_dimensions"'), "did you mean intrinsic_dimension?"),
        (('measure = "covariance_rank"', 'measure = "rank_mee"'), "did you mean rank_me?"),
        (('cloud = "prompts"\n', ""), "is not in [measures]"),
        (('tuning = ["harmless", "refuse"]', 'tuning = ["reasoning_steps"]'), "two changes from the same prompts"),
        (('kinds = ["harmless"]', 'kinds = ["refuse"]'), "name different ones"),
        (("low = 300.0", "low = 900.0"), "must be below high"),
        (("new_tokens = 96", "new_token = 96"), "new_token"),
        (('reader = "base"\n', 'reader = "bass"\n'), "bass"),
    ],
)
def test_a_faulty_recipe_is_refused_with_the_place(tmp_path, change, said):
    source = load_comparison("rlhf").source.decode()
    assert change[0] in source
    file = tmp_path / "mine.toml"
    file.write_text(source.replace(*change))
    with pytest.raises(RecipeError, match=r"mine\.toml") as error:
        load_comparison(file)
    assert said in str(error.value)
