"""A model spread over devices by accelerate: the same states, the same identity. The devices are memory and disk."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.model.digests import weights_digest
from llmgeo.model.placement import input_device, parameters, spread_over
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

SMALL = Path(__file__).parents[2] / "benchmarks" / "small.toml"
PLACES = {
    "half": {"model.embed_tokens": "cpu", "model.layers.0": "cpu", "model.layers.1": "disk", "model.layers.2": "cpu",
             "model.norm": "disk", "model.rotary_emb": "cpu", "lm_head": "disk"},
    "input on disk": {"model.embed_tokens": "disk", "model.layers": "cpu", "model.norm": "cpu",
                      "model.rotary_emb": "cpu", "lm_head": "cpu"},
    "all on disk": {"": "disk"},
}  # fmt: skip
SAMPLED = llmgeo.Decoding(max_new_tokens=6, temperature=1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    toy_model(layers=3).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def whole(folder):
    return llmgeo.load(folder)


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_states_do_not_tell_where_the_parts_lie(folder, whole, places):
    spread = llmgeo.load(folder, device_map=places)
    assert torch.equal(spread.read("some text").states, whole.read("some text").states)
    prompts = ["a", "longer prompt"]
    for one, other in zip(spread.generate(prompts, SAMPLED), whole.generate(prompts, SAMPLED), strict=True):
        assert one.token_ids == other.token_ids
        assert torch.equal(one.states, other.states)
        torch.testing.assert_close(one.surprisal, other.surprisal, equal_nan=True)
    assert weights_digest(spread) == weights_digest(whole)
    assert spread.device == "+".join(sorted(set(places.values())))


def test_threads_share_a_head_that_is_brought_from_the_disk(folder, whole):
    """Whoever ended first took the head's numbers away from the others, who went on with whatever lay there then."""
    text = "some text that is long enough to be read by several"
    [expected] = [batch.logits(0)(slice(0, 40)) for batch in whole.read_batches([text], with_logits=True)]
    spread = llmgeo.load(folder, device_map=PLACES["half"])
    [batch] = spread.read_batches([text], with_logits=True)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: batch.logits(0)(slice(0, 40)), range(200)):
            assert torch.equal(found, expected)


def test_auto_spreads_what_does_not_fit(folder, whole, monkeypatch):
    """accelerate is told of a machine with 400 kB of memory."""
    monkeypatch.setattr("transformers.integrations.accelerate.get_max_memory", lambda *given: {"cpu": 400_000})
    spread = llmgeo.load(folder, device_map="auto")
    assert spread.device == "cpu+disk"
    assert torch.equal(spread.read("some text").states, whole.read("some text").states)


def test_a_spread_model_in_memory(folder, whole):
    hf = AutoModelForCausalLM.from_pretrained(folder, device_map="auto", max_memory={"cpu": 400_000})
    assert "disk" in spread_over(hf).values()
    spread = llmgeo.load(hf, tokenizer=toy_tokenizer())
    assert torch.equal(spread.read("some text").states, whole.read("some text").states)


def test_every_parameter_is_seen_once(folder):
    hf = llmgeo.load(folder, device_map=PLACES["half"]).hf
    own = dict(toy_model(layers=3).named_parameters())
    seen = {name: parameter.detach().clone() for name, parameter in parameters(hf)}
    assert list(seen) == list(own)
    assert all(torch.equal(seen[name], own[name]) for name in own)
    assert spread_over(toy_model()) is None
    assert input_device(hf) == torch.device("cpu")


def test_the_identity_of_weights_is_that_of_their_bits(whole):
    """Not of how their sum is taken: a sum of floats differs with the number of threads."""
    before, digest = torch.get_num_threads(), weights_digest(whole)
    try:
        torch.set_num_threads(3)
        assert weights_digest(whole) == digest
    finally:
        torch.set_num_threads(before)
    for dtype in (torch.bfloat16, torch.float16, torch.float64):
        other = toy_model(layers=3).to(dtype)
        assert weights_digest(llmgeo.load(other, tokenizer=toy_tokenizer())) != digest
    with torch.no_grad():
        other = toy_model(layers=3)
        other.lm_head.weight[0, 0] = torch.nextafter(other.lm_head.weight[0, 0], torch.tensor(1.0))
    assert weights_digest(llmgeo.load(other, tokenizer=toy_tokenizer())) != digest


def test_a_probe_of_a_spread_model(folder, tmp_path):
    run = llmgeo.probe(folder, recipe=SMALL, limit=1, device_map=PLACES["half"], out=tmp_path / "run")
    assert run.status == "complete"
    assert run.manifest["subjects"]["model"]["device"] == "cpu+disk"
    assert run.manifest["subjects"]["model"]["device_map"] == PLACES["half"]
    # Where the parts lie decides no number: the same run goes on with all of them in one place.
    whole = llmgeo.probe(folder, recipe=SMALL, limit=2, out=tmp_path / "run")
    assert whole.manifest["subjects"]["model"]["device_map"] is None


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("toy", {"device_map": "auto"}, "the toy fits on any device"),
        ("folder", {"device_map": "auto", "device": "cpu"}, "device='cpu' and device_map='auto' contradict each other"),
        ("folder", {"device_map": "evenly"}, "'evenly' is not one of auto, balanced"),
    ],
)
def test_what_cannot_be_asked_for(folder, name, options, message):
    with pytest.raises(UsageError, match=message):
        llmgeo.load(folder if name == "folder" else name, **options)


def test_several_processes_of_one_machine_cannot_all_have_its_devices(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="Start one process a machine"):
        llmgeo.probe(folder, device_map="auto", out=tmp_path / "run")
