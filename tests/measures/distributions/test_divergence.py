"""Divergences of next-token distributions, against scipy, closed forms and a two-token vocabulary."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr, softmax
from scipy.stats import entropy

from llmgeo import measures
from llmgeo.errors import MeasureError
from llmgeo.measures.distributions import divergence
from llmgeo.measures.distributions.divergence import shift, shift_at


class TestClosedForms:
    """Two coins: every number is known."""

    @given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
    def test_kl_of_two_coins(self, p, q):
        log_p, log_q = (torch.tensor([x, 1 - x], dtype=torch.float64).log() for x in (p, q))
        expected = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
        assert float(divergence.kullback_leibler(log_p, log_q)) == pytest.approx(expected, abs=1e-12)

    def test_kl_of_two_geometric_laws(self):
        """Σ p log(p/q) = log(a/b) + (1 − a)/a · log((1 − a)/(1 − b)) for success rates a and b."""
        a, b = 0.3, 0.5
        k = torch.arange(200, dtype=torch.float64)
        log_p, log_q = (np.log(rate) + k * np.log(1 - rate) for rate in (a, b))
        expected = np.log(a / b) + (1 - a) / a * np.log((1 - a) / (1 - b))
        assert float(divergence.kullback_leibler(log_p, log_q)) == pytest.approx(expected, rel=1e-9)

    def test_js_is_at_most_ln_2_and_symmetric(self):
        log_p, log_q = torch.eye(2, dtype=torch.float64).log()
        assert float(divergence.jensen_shannon(log_p, log_q)) == pytest.approx(np.log(2))
        log_p, log_q = torch.randn(2, 5, 30, dtype=torch.float64).log_softmax(-1)
        torch.testing.assert_close(
            divergence.jensen_shannon(log_p, log_q), divergence.jensen_shannon(log_q, log_p), rtol=1e-12, atol=1e-15
        )

    def test_js_is_an_entropy_of_a_mean_less_a_mean_of_entropies(self):
        log_p, log_q = torch.randn(2, 5, 30, dtype=torch.float64).log_softmax(-1)
        middle = ((log_p.exp() + log_q.exp()) / 2).log()
        expected = divergence.entropy(middle) - (divergence.entropy(log_p) + divergence.entropy(log_q)) / 2
        torch.testing.assert_close(divergence.jensen_shannon(log_p, log_q), expected)

    def test_what_only_the_second_knows_to_be_impossible_makes_kl_infinite(self):
        log_p, log_q = torch.tensor([[0.5, 0.5], [1.0, 0.0]]).log()
        assert divergence.kullback_leibler(log_p, log_q) == torch.inf
        assert float(divergence.kullback_leibler(log_q, log_p)) == pytest.approx(np.log(2))

    @pytest.mark.parametrize("size", [2, 7, 1000])
    def test_entropy_of_an_even_law(self, size):
        even = torch.full((size,), 1 / size, dtype=torch.float64).log()
        assert float(divergence.entropy(even)) == pytest.approx(np.log(size))
        assert float(divergence.surprisal(even, torch.tensor(size - 1))) == pytest.approx(np.log(size))

    def test_the_mean_surprisal_under_a_law_is_its_entropy(self):
        log_p = torch.randn(30, dtype=torch.float64).log_softmax(-1)
        every = divergence.surprisal(log_p.expand(30, 30), torch.arange(30))
        assert float((log_p.exp() * every).sum()) == pytest.approx(float(divergence.entropy(log_p)))


class TestShift:
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


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "measure",
    [
        measures.entropy,
        measures.correlation_dimension,
        lambda values: measures.kullback_leibler(values, values),
        lambda values: measures.jensen_shannon(values.log(), values),
    ],
)
def test_probabilities_in_the_place_of_their_logarithms_are_told(measure, dtype):
    values = torch.randn(150, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64).softmax(-1)
    with pytest.raises(MeasureError, match=r"and these are probabilities\. Take \w+\.log\(\)"):
        measure(values.to(dtype))
