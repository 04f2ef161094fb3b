"""A pass is the same whatever is going on around it, and leaves everything around it as it was."""

import copy
import pickle
import threading
import time
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

import llmgeo
from llmgeo.errors import ModelError, UsageError
from llmgeo.model.passes import in_eval, turn_of
from llmgeo.model.threads import one_thread

FEW = llmgeo.Decoding(max_new_tokens=6)
PROMPTS = [[1 + i, 2 + i, 3 + i][: 1 + i % 3] for i in range(9)]
TEXT = [5, 9, 20, 31]


def with_dropout():
    """In training mode, half of its states differ from pass to pass."""
    torch.manual_seed(1)
    ends = {"bos_token_id": None, "eos_token_id": 299}
    config = GPT2Config(
        vocab_size=300, n_embd=32, n_layer=3, n_head=4, n_positions=64, embd_pdrop=0.5, resid_pdrop=0.5, **ends
    )
    return GPT2LMHeadModel(config).train()


@pytest.fixture
def hf():
    return with_dropout()


def modes(module):
    return {name: part.training for name, part in module.named_modules()}


def hooks_of(module):
    return [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()]


def everything(model):
    """The states of reading and of generating, and what else a trajectory holds of numbers."""
    trajectories = [model.read(TEXT), *model.generate(PROMPTS, FEW, batch_size=4)]
    return [part for text in trajectories for part in (text.states, text.surprisal, text.entropy)]


def same(parts, expected):
    assert len(parts) == len(expected)
    for part, reference in zip(parts, expected, strict=True):
        torch.testing.assert_close(part, reference, rtol=0, atol=0, equal_nan=True)


def test_a_model_in_training_is_read_in_eval_mode_and_goes_on_training(hf):
    hf.transformer.h[1].eval()
    before = modes(hf)
    model = llmgeo.load(hf)
    assert modes(hf) == before
    first = everything(model)
    same(everything(model), first)
    assert modes(hf) == before
    with torch.no_grad():
        expected = copy.deepcopy(hf).eval()(torch.tensor([TEXT]), output_hidden_states=True).hidden_states
    torch.testing.assert_close(first[0][:3], torch.stack(expected[:3])[:, 0], rtol=1e-5, atol=1e-6)


def test_the_users_mode_is_back_after_an_error(hf):
    model = llmgeo.load(hf)

    def fail(rows):
        raise RuntimeError("a progress bar broke")

    settings, hooks = hf.generation_config, hooks_of(hf)
    with pytest.raises(RuntimeError, match="progress bar"):
        list(model.generate_batches(PROMPTS, FEW, on_token=fail))
    assert hf.training
    assert hf.generation_config is settings
    assert hooks_of(hf) == hooks
    same(everything(model), everything(llmgeo.load(hf)))


@contextmanager
def default_dtype(dtype):
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


SURROUNDINGS = {
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "autocast": lambda: torch.autocast("cpu"),
    "inference": torch.inference_mode,
    "no gradients": torch.no_grad,
    "another device": lambda: torch.device("meta"),
}


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_what_is_set_elsewhere_changes_nothing(toy, hf, surroundings):
    own = llmgeo.load(hf)
    expected = everything(toy), everything(own)
    with SURROUNDINGS[surroundings]():
        inside = everything(toy), everything(llmgeo.load(hf))
    for parts, reference in zip(inside, expected, strict=True):
        same(parts, reference)
        assert not any(part.is_inference() or part.requires_grad for part in parts)


def test_states_are_ordinary_tensors_of_their_own_size(toy):
    texts = toy.generate(["some text to go on from"] * 12, llmgeo.Decoding(max_new_tokens=20))
    [batch] = toy.read_batches(["one", "and a longer one"], with_logits=True)
    for text in (*texts, toy.read("abcdef"), *batch):
        assert text.states.untyped_storage().nbytes() == text.states.nbytes
        assert len(pickle.dumps(text)) < text.states.nbytes + 8000
        nn.Linear(64, 1)(text.states[3]).sum().backward()
        text.states.sub_(text.states.mean(dim=1, keepdim=True))
    assert batch.logits(1)(slice(0, 3)).is_inference() is False
    before = batch[0].states
    batch[0].states.zero_()
    assert torch.equal(batch[0].states, before)
    assert before.any()


def test_threads_take_turns(hf):
    model, other = llmgeo.load(hf), llmgeo.load(hf)
    assert turn_of(model.hf) is turn_of(other.hf)
    settings, threads, expected = hf.generation_config, torch.get_num_threads(), everything(model)
    wrong = []

    def work(own):
        try:
            for _ in range(3):
                same(everything(own), expected)
        except Exception as error:  # noqa: BLE001 - a thread's own error is lost
            wrong.append(error)

    workers = [threading.Thread(target=work, args=(own,)) for own in (model, other, model, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert hf.generation_config is settings
    assert hf.training
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("inner", ["read", "generate", "load"])
def test_a_pass_inside_a_pass_is_told_so(hf, inner):
    model = llmgeo.load(hf)
    calls = {"read": model.read, "generate": lambda ids: model.generate([ids], FEW), "load": lambda _: llmgeo.load(hf)}
    with pytest.raises(UsageError, match=f"{inner} was called inside generate of the same model"):
        list(model.generate_batches(PROMPTS, FEW, on_token=lambda rows: calls[inner](TEXT)))
    hook = hf.transformer.h[0].register_forward_hook(lambda *_: calls[inner](TEXT) and None)
    with pytest.raises(UsageError, match=f"{inner} was called inside read"):
        model.read(TEXT)
    hook.remove()
    assert model.read(TEXT).states.isfinite().all()


def test_another_model_may_be_read_meanwhile_and_this_one_between_batches(toy, hf):
    model, texts = llmgeo.load(hf), []
    list(model.generate_batches(PROMPTS[:1], FEW, on_token=lambda rows: texts.append(toy.read("x"))))
    assert len(texts) == FEW.max_new_tokens
    for batch in model.read_batches(PROMPTS, batch_size=4):
        assert torch.equal(model.read(TEXT).states, model.read(TEXT).states)
        assert batch[0].states.isfinite().all()


def test_an_adapters_dropout_and_settings_are_its_own():
    peft = pytest.importorskip("peft")
    base = with_dropout()
    settings = base.generation_config
    config = peft.LoraConfig(
        target_modules=["c_attn", "lm_head"], lora_dropout=0.5, init_lora_weights=False, task_type="CAUSAL_LM"
    )
    adapted = peft.get_peft_model(base, config).train()
    before = modes(adapted)
    model = llmgeo.load(adapted)
    same(everything(model), everything(model))
    [batch] = model.read_batches([TEXT], with_logits=True)
    assert torch.equal(batch.logits(0)(slice(0, 3)), batch.logits(0)(slice(0, 3)))
    assert modes(adapted) == before
    assert base.generation_config is settings
    assert turn_of(adapted) is turn_of(base)


def test_a_part_that_was_in_eval_mode_stays_so():
    parts = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout(), nn.Linear(2, 2))).train()
    parts[1][0].eval()
    before = modes(parts)
    with in_eval(parts):
        assert not any(part.training for part in parts.modules())
    assert modes(parts) == before


def test_the_last_thread_that_leaves_sets_the_pools_back():
    usual = torch.get_num_threads()
    torch.set_num_threads(3)
    inside, seen = threading.Barrier(2), {}

    def work(name, seconds):
        with one_thread(), one_thread():
            inside.wait()
            time.sleep(seconds)
            seen[name] = torch.get_num_threads()
        seen[f"{name} after"] = torch.get_num_threads()

    try:
        workers = [threading.Thread(target=work, args=("long", 0.2)), threading.Thread(target=work, args=("short", 0))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert seen == {"long": 1, "short": 1, "long after": 3, "short after": 3}
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(usual)


def test_what_a_callback_does_with_the_model_is_not_captured(hf):
    """Its own pass, of as many rows and positions as a step, would else be taken for one."""
    model = llmgeo.load(hf)
    [expected] = model.generate([TEXT], FEW)
    [batch] = model.generate_batches([TEXT], FEW, on_token=lambda rows: hf(torch.tensor([[7]])))
    same([batch[0].states], [expected.states])


def test_a_pass_of_the_models_owner_in_another_thread_is_not_captured(hf):
    model = llmgeo.load(hf)
    expected = everything(model)
    done, wrong = threading.Event(), []

    def use():
        while not done.is_set():
            try:
                with torch.no_grad():
                    hf(torch.tensor([[7, 8, 9, 10]]))
            except ModelError as error:
                wrong.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for _ in range(5):
            same(everything(model), expected)
    finally:
        done.set()
        thread.join()
    assert not wrong


def test_dropout_that_is_switched_on_during_a_pass_is_told(hf):
    model = llmgeo.load(hf.eval())
    with pytest.raises(UsageError, match="training mode while generate ran"):
        list(model.generate_batches([TEXT], FEW, on_token=lambda rows: hf.train()))
    assert hf.training
    model.read(TEXT)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_weights_of_another_format_than_was_verified_are_refused(hf, dtype):
    """The states would be handed out as float32, whatever they were computed in."""
    model = llmgeo.load(hf)
    expected = everything(model)
    hf.to(dtype)
    for call in (lambda: model.read(TEXT), lambda: model.generate([TEXT], FEW)):
        with pytest.raises(UsageError, match=r"were float32 when it was loaded and are \w+ now"):
            call()
    assert llmgeo.load(hf).read(TEXT).states.dtype == dtype
    if dtype == torch.float64:
        same(everything(llmgeo.load(hf.to(torch.float32))), expected)


@pytest.mark.parametrize("positions", [[0, 1], 1, "0:2", slice(0, 2, 2), slice("a", 2), None])
def test_logits_take_slices_alone(toy, positions):
    _, logits = toy.read_with_logits("abcdef")
    with pytest.raises(TypeError, match=r"logits takes a slice"):
        logits(positions)


def test_logits_of_a_slice_as_a_list_takes_it(toy):
    trajectory, logits = toy.read_with_logits("abcdef")
    everywhere = logits(slice(None))
    assert len(everywhere) == len(trajectory)
    assert torch.equal(logits(slice(-2, None)), logits(slice(len(trajectory) - 2, len(trajectory))))
    assert len(logits(slice(3, 2))) == 0
    with pytest.raises(ValueError, match="the text has"):
        logits(slice(0, len(trajectory) + 1))


def test_a_model_whose_weights_are_gone_is_told(hf):
    model = llmgeo.load(hf)
    hf.to("meta")
    for call in (lambda: model.read(TEXT), lambda: model.generate([TEXT], FEW)):
        with pytest.raises(UsageError, match='on the device "meta" now'):
            call()


def test_messages_of_a_chat_are_told_what_makes_them_a_text(toy):
    messages = [{"role": "user", "content": "hi"}]
    for call in (lambda: toy.read(messages), lambda: toy.generate([messages], FEW)):
        with pytest.raises(UsageError, match="apply_chat_template"):
            call()
