"""Loading: what the caller has set in torch does not reach in, and nothing that the caller has set is changed."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from transformers import LlamaForCausalLM
from transformers.utils import logging

import llmgeo
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from tests.sources.test_resolve import write_adapter, write_tiny_gguf

TEXT = "some text"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("surroundings") / "base"
    toy_model(layers=2).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(params=["toy", "folder", "memory", "gguf", "adapter"])
def source(request, folder, tmp_path, monkeypatch):
    """What llmgeo.load is given."""
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "cache"))
    if request.param == "gguf":
        write_tiny_gguf(tmp_path / "tiny.gguf")
        return tmp_path / "tiny.gguf"
    if request.param == "adapter":
        pytest.importorskip("peft")
        write_adapter(tmp_path / "lora", folder)
        return tmp_path / "lora"
    return {"toy": "toy", "folder": folder, "memory": toy_model(layers=2)}[request.param]


@contextlib.contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


SURROUNDINGS = {
    "default float64": lambda: default_dtype(torch.float64),
    "default bfloat16": lambda: default_dtype(torch.bfloat16),
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "default device": lambda: torch.device("meta"),
}


def switches():
    return {
        "random": torch.get_rng_state().tolist(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "talk": logging.get_verbosity(),
        "bars": logging.is_progress_bar_enabled(),
    }


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_a_model_is_the_same_whatever_it_is_loaded_within(source, surroundings):
    tokenizer = toy_tokenizer() if isinstance(source, LlamaForCausalLM) else None
    expected = llmgeo.load(source, tokenizer=tokenizer)
    with SURROUNDINGS[surroundings]():
        before = switches()
        model = llmgeo.load(source, tokenizer=tokenizer)
        assert switches() == before
    for (name, own), other in zip(model.hf.named_parameters(), expected.hf.parameters(), strict=True):
        assert own.dtype == other.dtype, name
        assert torch.equal(own, other), name
        assert not own.is_inference(), name
    assert model.verified == expected.verified
    assert torch.equal(model.read([1, 2, 3]).states, expected.read([1, 2, 3]).states)


def test_a_refused_model_leaves_everything_as_it_was(folder, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama", "num_attention_heads": 0}')
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    before = switches()
    with pytest.raises(llmgeo.LlmgeoError):
        llmgeo.load(tmp_path)
    assert switches() == before


def test_the_toy_is_what_its_seed_gives_in_transformers():
    for layers, width, seed in ((6, 64, 0), (2, 16, 0), (1, 64, 5)):
        toy = toy_model(layers, width, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            theirs = LlamaForCausalLM(toy.config)
        expected = theirs.state_dict()
        assert toy.state_dict().keys() == expected.keys()
        assert all(torch.equal(weights, expected[name]) for name, weights in toy.state_dict().items())
        assert torch.equal(toy.model.rotary_emb.inv_freq, theirs.model.rotary_emb.inv_freq)
        assert all(parameter.requires_grad for parameter in toy.parameters())


def in_threads(load, count=4):
    """What `load` gives in threads that begin together, while another draws random numbers and makes models."""
    barrier, done = threading.Barrier(count + 1), threading.Event()

    def disturb():
        barrier.wait()
        while not done.is_set():
            torch.manual_seed(1)
            torch.nn.Linear(3, 3)

    def begin(_):
        barrier.wait()
        return load()

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(begin, range(count)))
    finally:
        done.set()
        disturber.join()


@pytest.mark.parametrize("kind", ["toy", "folder", "memory"])
def test_four_threads_load_the_same_model(kind, folder):
    source = {"toy": "toy", "folder": folder, "memory": toy_model(layers=2)}[kind]
    tokenizer = toy_tokenizer() if kind == "memory" else None
    expected = llmgeo.load(source, tokenizer=tokenizer)
    for model in in_threads(lambda: llmgeo.load(source, tokenizer=tokenizer)):
        assert torch.equal(model.read(TEXT).states, expected.read(TEXT).states)
        assert model.verified == expected.verified


def test_threads_that_ask_for_different_formats_get_them(folder):
    formats = [torch.float32, torch.bfloat16, torch.float64, torch.float16] * 2
    with ThreadPoolExecutor(len(formats)) as pool:
        models = list(pool.map(lambda dtype: llmgeo.load(folder, dtype=dtype), formats))
    assert [next(model.hf.parameters()).dtype for model in models] == formats
    assert torch.get_default_dtype() == torch.float32


def test_a_model_that_runs_in_another_thread_is_loaded_when_its_pass_ends():
    hf = toy_model(layers=2)
    model = llmgeo.load(hf)
    expected = model.generate([[1, 2, 3]], llmgeo.Decoding(max_new_tokens=20))[0]
    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(model.generate, [[1, 2, 3]], llmgeo.Decoding(max_new_tokens=20)) for _ in range(4)]
        again = [pool.submit(llmgeo.load, hf) for _ in range(4)]
        assert all(load.result().verified == model.verified for load in again)
        assert all(torch.equal(text.result()[0].states, expected.states) for text in written)
