"""Truncated predictions against a pass of the last token alone over transformers' own cache."""

import pytest
import torch

import llmgeo
from llmgeo.errors import ModelError, UsageError
from llmgeo.model.capture.hooks import hidden_of
from llmgeo.model.truncation import truncated_logits
from tests.families.check import build

IDS = [11, 12, 13, 21, 22, 23, 24]


def random_axes(model, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.linalg.qr(torch.randn(model.width, model.width, generator=generator, dtype=torch.float64)).Q
        for _ in range(model.layers)
    ]


def last_token_alone(model, axes, kept):
    """Logits [V] of transformers itself: earlier tokens from its cache, the last one projected by a bare hook."""

    def projector(matrix):
        span = matrix[:, :kept].float()

        def project(module, args, output):
            hidden = hidden_of(output)
            projected = hidden @ span @ span.T
            return (projected, *output[1:]) if isinstance(output, tuple) else projected

        return project

    with torch.no_grad():
        past = model.hf(torch.tensor([IDS[:-1]]), use_cache=True).past_key_values
        hooks = [block.register_forward_hook(projector(of)) for block, of in zip(model.blocks, axes, strict=True)]
        try:
            return model.hf(torch.tensor([IDS[-1:]]), past_key_values=past, use_cache=True).logits[0, -1]
        finally:
            for hook in hooks:
                hook.remove()


@pytest.fixture(scope="module", params=["toy", "gpt2", "gemma2", "gpt_neox"])
def model(request):
    return llmgeo.load("toy" if request.param == "toy" else build(request.param))


@pytest.mark.parametrize("kept", [1, 5, 20])
def test_it_is_a_pass_of_the_last_token_over_the_others_cache(model, kept):
    axes = random_axes(model)
    found = truncated_logits(model, IDS, axes, [kept])[1]
    expected = last_token_alone(model, axes, kept)
    torch.testing.assert_close(found, expected.float(), rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


def test_all_dimensions_leave_the_prediction(model):
    logits = truncated_logits(model, IDS, random_axes(model), [model.width, 3])
    whole, all_kept, few = logits.double().log_softmax(-1)
    read = model.read_with_logits(IDS)[1](slice(len(IDS) - 1, len(IDS)))[0].double().log_softmax(-1)
    torch.testing.assert_close(whole, read, rtol=1e-4, atol=1e-4)
    assert float((all_kept.exp() * (all_kept - whole)).sum()) < 1e-5
    assert float((few.exp() * (few - whole)).sum()) > 1e-5


def test_rows_do_not_see_each_other(model):
    axes = random_axes(model)
    together = truncated_logits(model, IDS, axes, [3, 9])
    alone = truncated_logits(model, IDS, axes, [9])
    torch.testing.assert_close(together[2], alone[1], rtol=1e-4, atol=1e-4)


def test_no_hook_stays_when_a_pass_is_broken_off(monkeypatch):
    model = llmgeo.load("toy")
    hooks = sum(len(block._forward_hooks) for block in model.blocks)

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("llmgeo.model.truncation.hidden_of", stop)
    with pytest.raises(KeyboardInterrupt):
        truncated_logits(model, IDS, random_axes(model), [3])
    monkeypatch.undo()
    assert sum(len(block._forward_hooks) for block in model.blocks) == hooks
    assert truncated_logits(model, IDS, random_axes(model), [3]).isfinite().all()


def test_several_streams_have_no_one_state():
    model = llmgeo.load(build("deepseek_v4"))
    with pytest.raises(ModelError, match=r"carry \d residual streams a token"):
        truncated_logits(model, IDS, [], [3])


def test_axes_that_do_not_fit_are_refused():
    model = llmgeo.load("toy")
    with pytest.raises(UsageError, match=r"one \[64, R\] matrix for each of the 6 blocks"):
        truncated_logits(model, IDS, random_axes(model)[1:], [3])
