"""The sampler draws from exactly the distribution that transformers' own warpers define."""

import numpy as np
import pytest
import torch
from scipy import stats
from transformers import TemperatureLogitsWarper, TopPLogitsWarper

from llmgeo.errors import UsageError
from llmgeo.model.decoding import ATTEMPTS, Decoding, Sampler, draw_nucleus, surprisal_and_entropy, uniform_stream
from llmgeo.model.generation import RowsEnded

DRAWS = 10_000


def warped(logits, temperature, top_p):
    """Probabilities after transformers' own temperature and top-p."""
    scores = TemperatureLogitsWarper(float(temperature))(None, logits[None].clone())
    if top_p < 1:
        scores = TopPLogitsWarper(top_p)(None, scores)
    return scores[0].double().softmax(-1).numpy()


@pytest.mark.parametrize("vocabulary", [40, 300])
@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 0.95), (0.7, 0.9), (1.6, 1.0), (1.0, 0.4)])
def test_draws_follow_the_nucleus(vocabulary, temperature, top_p):
    generator = torch.Generator().manual_seed(vocabulary)
    logits = 2.5 * torch.randn(vocabulary, generator=generator)
    expected = warped(logits, temperature, top_p)
    weights = (logits / temperature).exp().repeat(DRAWS, 1)
    uniform = torch.from_numpy(np.random.default_rng(7).random((DRAWS, ATTEMPTS)))
    drawn = draw_nucleus(weights, torch.full((DRAWS,), top_p, dtype=torch.float64), uniform)
    counts = np.bincount(drawn.numpy(), minlength=vocabulary)
    assert counts[expected == 0].sum() == 0, "a token outside the nucleus was drawn"
    inside = expected > 0
    large = expected * DRAWS >= 5
    observed = np.append(counts[large], counts[inside & ~large].sum())
    theory = np.append(expected[large], expected[inside & ~large].sum()) * DRAWS
    observed, theory = observed[theory > 0], theory[theory > 0]
    if len(theory) == 1:
        assert observed[0] == DRAWS
        return
    assert stats.chisquare(observed, theory * observed.sum() / theory.sum()).pvalue > 1e-3


def test_a_narrow_nucleus_is_exact_when_all_prepared_draws_fail():
    """top_p = 0.02 keeps the first token only; nearly every prepared draw is thrown away."""
    weights = torch.tensor([0.03, *[0.01] * 97]).repeat(500, 1)
    uniform = torch.from_numpy(np.random.default_rng(0).random((500, 3)))
    drawn = draw_nucleus(weights, torch.full((500,), 0.02, dtype=torch.float64), uniform)
    assert (drawn == 0).all()


def test_each_row_follows_its_own_settings():
    logits = torch.tensor([3.0, 2.9, 2.8, -1.0]).repeat(3, 1)
    sampler = Sampler([Decoding(1, 0.0), Decoding(1, 1.0, 0.3), Decoding(1, 5.0, 1.0)], [1, 2, 3])
    chosen = sampler(None, logits).argmax(-1)
    assert chosen[0] == 0
    assert chosen[1] == 0


def test_random_numbers_depend_on_the_seed_alone():
    np.testing.assert_array_equal(uniform_stream(9, 5), uniform_stream(9, 5))
    np.testing.assert_array_equal(uniform_stream(9, 8)[:5], uniform_stream(9, 5))
    assert not np.array_equal(uniform_stream(9, 5), uniform_stream(10, 5))


def test_surprisal_and_entropy_are_those_of_torch():
    logits = 4 * torch.randn(7, 300, generator=torch.Generator().manual_seed(1))
    ids = torch.arange(7)
    surprisal, entropy = surprisal_and_entropy(logits.clone(), ids)
    torch.testing.assert_close(surprisal, torch.nn.functional.cross_entropy(logits, ids, reduction="none"))
    torch.testing.assert_close(entropy, torch.distributions.Categorical(logits=logits).entropy())


def test_impossible_tokens_do_not_spoil_the_entropy():
    _, entropy = surprisal_and_entropy(torch.tensor([[0.0, 0.0, -torch.inf]]), torch.tensor([0]))
    assert entropy.item() == pytest.approx(np.log(2), rel=1e-6)


def test_surprisal_is_taken_before_temperature():
    sampler = Sampler([Decoding(1, 0.1, 0.5)], [0])
    sampler(None, torch.tensor([[1.0, 0.0]]))
    assert sampler.surprisal[0, 0].item() == pytest.approx(np.log(1 + np.exp(-1)), rel=1e-5)


def test_a_row_ends_one_token_after_its_end_token():
    ended = RowsEnded([5], torch.tensor([9, 9, 9, 1]), prompt_length=2)
    rows = torch.tensor([[5, 5, 1, 5], [1, 1, 5, 9], [1, 1, 2, 3], [1, 1, 2, 3]])
    assert ended(rows, None).tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    "settings",
    [{"max_new_tokens": 0}, {"temperature": -1}, {"temperature": float("nan")}, {"top_p": 0}, {"top_p": 1.1}],
)
def test_settings_out_of_range(settings):
    [name] = settings
    with pytest.raises(UsageError, match=name):
        Decoding(**settings)
