"""The noise floor: zero where nothing is rounded differently, and what a difference taken by hand says."""

import pytest
import torch

import llmgeo
from llmgeo.model.noise_floor import LONGEST, NEW_TOKENS, noise_floor
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.report.noise_sentence import noise_sentence
from tests.families.check import build

PROMPTS = [list(range(10, 15)), [40], list(range(60, 110)), [7, 8, 9], [1, 2]]


@pytest.fixture(scope="module")
def coarse():
    return llmgeo.load(toy_model().to(torch.bfloat16), tokenizer=toy_tokenizer())


def test_bfloat16_moves_by_per_cents_and_float32_by_millionths(toy, coarse):
    for model, low, high in ((toy, 0.0, 1e-5), (coarse, 1e-4, 0.3)):
        floor = noise_floor(model, PROMPTS)
        assert (floor["texts"], floor["tokens"]) == (4, 5 + 1 + LONGEST + 3 + 4 * NEW_TOKENS)
        assert len(floor["batch"]) == len(floor["path"]) == model.layers + 1
        assert low <= max(floor["batch"]) <= high
        assert low <= max(floor["path"]) <= high
        assert floor["batch"][0] == 0  # an embedding is looked up, not computed


def test_the_batch_part_is_the_distance_taken_by_hand(coarse):
    floor = noise_floor(coarse, PROMPTS[:2])
    texts = [t.token_ids for t in coarse.generate(PROMPTS[:2], llmgeo.Decoding(NEW_TOKENS, temperature=0.0))]
    alone = [coarse.read(text).states.double() for text in texts]
    [together] = coarse.read_batches(texts, batch_size=2)
    shares = [(b.states.double() - a).norm(dim=-1) / a.norm(dim=-1) for a, b in zip(alone, together, strict=True)]
    expected = torch.cat(shares, dim=1).mean(dim=1)
    torch.testing.assert_close(torch.tensor(floor["batch"], dtype=torch.float64), expected, rtol=0.05, atol=1e-9)


def test_a_family_whose_texts_run_alone_has_no_batch_to_differ_by():
    floor = noise_floor(llmgeo.load(build("recurrent_gemma")), PROMPTS)
    assert floor["batch"] is None
    assert max(floor["path"]) < 1e-4


def test_batches_of_one_have_nothing_to_differ_by(coarse):
    assert noise_floor(coarse, PROMPTS, rows=1)["batch"] is None
    assert noise_floor(coarse, PROMPTS, rows=2)["batch"] is not None


def test_states_that_are_not_finite_have_no_noise_floor():
    hf = toy_model()
    model = llmgeo.load(hf, tokenizer=toy_tokenizer())
    with torch.no_grad():
        hf.model.layers[1].mlp.down_proj.weight[0, 0] = float("inf")
    assert noise_floor(model, PROMPTS)["path"][-1] is None


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({}, None),
        ({"subjects": {"model": "toy"}, "noise_floor": {}}, None),
        ({"subjects": {"model": {"dtype": "float32"}}, "noise_floor": {"batch": [1e-6], "path": [1e-6]}}, None),
        ({"subjects": {"model": {"dtype": "bfloat16"}}, "noise_floor": {"batch": None, "path": [None, "x"]}}, None),
        ({"subjects": {"model": {"dtype": "float16"}}, "noise_floor": {"path": [0.01, 0.004]}},
         "by 1 % of a state (layer 0)"),
        ({"subjects": {"model": {"dtype": "float32", "quantization": {}}}, "noise_floor": {"batch": [0.05]}}, None),
        ({"subjects": {"model": {"dtype": "float32", "quantization": {"bits": 8}}}, "noise_floor": {"batch": [0.05]}},
         "In quantised float32"),
    ],
)  # fmt: skip
def test_it_is_said_where_it_matters(manifest, said):
    sentence = noise_sentence(manifest)
    assert (sentence is None) if said is None else (said in sentence)


def test_a_run_in_bfloat16_says_it_on_its_screens(coarse, tmp_path):
    from llmgeo.experiments.probe.summary import summarize
    from llmgeo.report.page import write_page

    run = llmgeo.probe(coarse, limit=2, out=tmp_path / "run")
    assert run.manifest["noise_floor"]["texts"] == 4  # of the prompts file, whatever the limit
    assert any("In bfloat16 the same text moves by up to" in remark for remark in summarize(run).remarks)
    assert "In bfloat16 the same text moves by up to" in write_page(run).read_text()
