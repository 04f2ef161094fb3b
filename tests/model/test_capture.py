"""What is captured while generating equals one teacher-forced pass of transformers over the finished sequence."""

import pytest
import torch

import llmgeo
from llmgeo.errors import NonFiniteStatesError, UsageError
from llmgeo.model.capture.hooks import Capture
from llmgeo.model.capture.store import Extent, InMemory
from tests.model.families import BUILDERS, build

PROMPTS = [
    [11, 12, 13],
    [21, 22, 23, 24, 25, 26, 27],
    [31],
    [41, 42],
    [51, 52, 53, 54, 55],
    [61, 62],
    [71],
    [81, 82, 83],
]
GREEDY = llmgeo.Decoding(max_new_tokens=20, temperature=0)
SAMPLED = llmgeo.Decoding(max_new_tokens=20, temperature=1.3, top_p=0.9)


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def model(request):
    return llmgeo.load(build(request.param))


def reference(hf, token_ids):
    """transformers' own hidden states, and the last block's output before the final norm, from one forward pass."""
    blocks = next(m for m in hf.get_decoder().modules() if isinstance(m, torch.nn.ModuleList) and len(m) == 3)
    last = {}
    hook = blocks[-1].register_forward_hook(lambda m, a, o: last.update(out=o if isinstance(o, torch.Tensor) else o[0]))
    with torch.no_grad():
        output = hf(torch.tensor([token_ids]), output_hidden_states=True)
    hook.remove()
    states = torch.stack([*output.hidden_states[:-1], last["out"]])[:, 0]
    log_probabilities = output.logits[0].double().log_softmax(-1)
    return states, log_probabilities


def relative_difference(a, b):
    return ((a - b).norm(dim=-1) / b.norm(dim=-1).clamp(min=1e-6)).max().item()


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_generated_states_equal_a_teacher_forced_pass(model, decoding, batch_size):
    for trajectory in model.generate(PROMPTS, decoding, seed=5, batch_size=batch_size):
        states, log_probabilities = reference(model.hf, trajectory.token_ids)
        assert relative_difference(trajectory.states, states) < 1e-5
        start = trajectory.prompt_length
        following = torch.tensor(trajectory.token_ids[start:])
        before = log_probabilities[start - 1 : -1]
        expected = -before.gather(1, following[:, None])[:, 0]
        torch.testing.assert_close(trajectory.surprisal[start:].double(), expected, rtol=1e-4, atol=1e-4)
        entropy = -(before.exp() * before).sum(-1)
        torch.testing.assert_close(trajectory.entropy[start:].double(), entropy, rtol=1e-4, atol=1e-4)
        assert torch.isnan(trajectory.surprisal[:start]).all()


def test_every_token_has_its_state_and_nothing_follows_the_end(model):
    prompts = [[9 + i, 10 + i] for i in range(40)]
    trajectories = model.generate(
        prompts, llmgeo.Decoding(max_new_tokens=60, temperature=1.5, top_p=1.0), batch_size=40
    )
    reasons = {trajectory.finish_reason for trajectory in trajectories}
    for trajectory in trajectories:
        assert trajectory.states.shape[:2] == (4, len(trajectory.token_ids))
        generated = trajectory.token_ids[trajectory.prompt_length :]
        if trajectory.finish_reason == "stop":
            assert generated.index(5) == len(generated) - 1
        else:
            assert 5 not in generated
            assert len(generated) == 60
    assert "stop" in reasons, "the end token must occur for this test to mean anything"


def test_all_rows_may_end_before_the_limit(toy):
    """When the last open row ends, its end token has still been fed to the model."""
    settings = llmgeo.Decoding(max_new_tokens=100, temperature=2.0, top_p=1.0)
    alone = (toy.generate(["ab"], settings, seed=seed)[0] for seed in range(20))
    ended = next(trajectory for trajectory in alone if trajectory.finish_reason == "stop")
    read = toy.read(ended.token_ids)
    assert ended.token_ids[-1] in toy.end_tokens
    assert relative_difference(ended.states, read.states) < 1e-4


def test_greedy_tokens_are_transformers_own(model):
    [mine] = model.generate([PROMPTS[1]], GREEDY)
    theirs = model.hf.generate(torch.tensor([PROMPTS[1]]), max_new_tokens=20, do_sample=False)
    assert list(mine.token_ids) == theirs[0, : len(mine)].tolist()


def test_rows_do_not_depend_on_the_batch_around_them(model):
    together = model.generate(PROMPTS, SAMPLED, seed=7, batch_size=8)
    for one, other in zip(together, model.generate(PROMPTS, SAMPLED, seed=7, batch_size=3), strict=True):
        assert one.token_ids == other.token_ids
        assert relative_difference(one.states, other.states) < 1e-5


def test_reading_equals_transformers_hidden_states(model):
    texts = [prompt * 5 for prompt in PROMPTS]
    [read] = model.read_batches(texts, batch_size=8)
    for trajectory in read:
        states, log_probabilities = reference(model.hf, trajectory.token_ids)
        assert relative_difference(trajectory.states, states) < 1e-5
        following = torch.tensor(trajectory.token_ids[1:])
        expected = -log_probabilities[:-1].gather(1, following[:, None])[:, 0]
        torch.testing.assert_close(trajectory.surprisal[1:].double(), expected, rtol=1e-4, atol=1e-4)
        assert torch.isnan(trajectory.surprisal[0])


def test_logits_are_computed_whole_where_the_model_caps_them():
    """A head that is not the logits (here scaled afterwards) is noticed, and the surprisal stays right."""
    hf = build("llama")
    forward = hf.forward

    def scaled(*args, **kwargs):
        output = forward(*args, **kwargs)
        output.logits = output.logits * 0.5
        return output

    hf.forward = scaled
    model = llmgeo.load(hf)
    assert not model.verified.head_apart
    trajectory = model.read(PROMPTS[1])
    _, log_probabilities = reference(hf, trajectory.token_ids)
    expected = -log_probabilities[0, trajectory.token_ids[1]]
    assert trajectory.surprisal[1].item() == pytest.approx(expected.item(), rel=1e-4)


def count_hooks(hf):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in hf.modules())


def test_hooks_are_removed_whatever_happens():
    hf = build("llama")
    model = llmgeo.load(hf)
    before = count_hooks(hf)
    own_settings = hf.generation_config

    def interrupt(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(model.generate_batches([[1, 2]], GREEDY, on_token=interrupt))
    assert count_hooks(hf) == before
    assert hf.generation_config is own_settings


def test_settings_of_the_models_own_generation_config_do_not_slip_in():
    hf = build("llama")
    model = llmgeo.load(hf)
    [plain] = model.generate([PROMPTS[1]], GREEDY)
    hf.generation_config.repetition_penalty = 50.0
    hf.generation_config.temperature = 0.1
    [penalised] = model.generate([PROMPTS[1]], GREEDY)
    assert plain.token_ids == penalised.token_ids


def test_the_models_own_settings_hold_for_its_own_generate_within_a_pass():
    hf = build("llama")
    hf.generation_config.max_new_tokens = 2
    model, own, lengths = llmgeo.load(hf), hf.generation_config, []

    def generate(rows):
        assert hf.generation_config is own
        lengths.append(hf.generate(torch.tensor([[1, 2, 3]]), do_sample=False).shape[1])

    [batch] = model.generate_batches([[1, 2]], GREEDY, on_token=generate)
    assert set(lengths) == {5}
    [alone] = model.generate([[1, 2]], GREEDY)
    assert batch.hand_over()[0].token_ids == alone.token_ids


def test_nan_states_name_layer_and_token():
    hf = build("llama")
    model = llmgeo.load(hf)
    with torch.no_grad():
        hf.model.embed_tokens.weight[44] = float("nan")
    with pytest.raises(NonFiniteStatesError, match=r"layer 0, token 2 \('44'\)") as caught:
        model.read([11, 12, 44, 13])
    assert "dtype float32" in str(caught.value)
    assert "--" not in str(caught.value)
    assert "try" not in str(caught.value)  # a wider format than this one there is not


@pytest.mark.parametrize(
    ("prompt", "message"),
    [([], "no tokens"), ([9999], "0 to 210"), ("text", "no tokenizer"), (list(range(10, 205)) * 2, "context of")],
)
def test_prompts_that_cannot_be_continued(prompt, message):
    with pytest.raises(UsageError, match=message):
        llmgeo.load(build("llama")).generate([prompt])


def test_store_holds_layers_in_order_and_cuts_what_does_not_fit():
    blocks = torch.nn.ModuleList([torch.nn.Linear(4, 4) for _ in range(3)])
    x = torch.randn(2, 5, 4)
    store = InMemory(Extent(rows=2, layers=(0, 1, 2, 3), start=0, stop=7, width=4, dtype=torch.float32))
    with Capture(blocks, store), torch.no_grad():
        first = torch.nn.Sequential(*blocks)(x)
        torch.nn.Sequential(*blocks)(x)
    assert torch.equal(store.states[:, 0, :5], x)
    assert torch.equal(store.states[:, 3, :5], first)
    assert torch.equal(store.states[:, 3, 5:], first[:, :2])
