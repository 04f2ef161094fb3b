"""What only a real model shows: the default model is fetched, converted, captured exactly, and its loops are guarded.

The first run downloads 93 MB and converts them; later ones load what was converted.
"""

import pytest
import torch

import llmgeo
from llmgeo import measures
from llmgeo.recipe import load_recipe
from llmgeo.report.page import Options, write_page
from llmgeo.texts.degeneration import label

LOOPING = "The recipe is simple: take the flour, take the milk, take the flour, take the milk, take the flour,"
PROMPTS = [LOOPING, "The lighthouse keeper climbed the stairs and", "To repair a bicycle tyre, first", "In 1912 the"]


@pytest.fixture(scope="module")
def greedy(default_model):
    return default_model.generate(PROMPTS, llmgeo.Decoding(max_new_tokens=96, temperature=0))


def test_the_default_model_is_smollm2(default_model):
    assert (default_model.name, default_model.layers, default_model.width) == ("SmolLM2-135M-Instruct", 30, 576)
    assert default_model.source.revision.startswith("sha256:b179c952")
    assert default_model.verified.head_apart


def test_it_speaks(greedy):
    assert "flour" in greedy[0].continuation


def test_states_of_a_padded_batch_equal_one_teacher_forced_pass(default_model, greedy):
    for trajectory in greedy:
        with torch.no_grad():
            ids = torch.tensor([trajectory.token_ids])
            reference = torch.stack(default_model.hf.model(ids, output_hidden_states=True).hidden_states[:-1])[:, 0]
        captured = trajectory.states[:-1]
        error = (captured - reference).norm(dim=-1) / reference.norm(dim=-1)
        assert error.max() < 1e-4
        assert error.median() < 1e-5


def test_the_last_state_is_not_normed(greedy):
    """The final norm would make the last layer an order of magnitude smaller: a fake jump along the depth axis."""
    norms = greedy[1].states[:, 5:].norm(dim=-1).median(dim=-1).values
    assert norms[-1] > 0.5 * norms[-2]


def test_a_real_loop_has_no_high_dimension(greedy):
    """Four tokens said over and over: refused, or a few dimensions of slow drift; never the 20 of its float noise."""
    loop = greedy[0]
    assert label(loop.generated_ids) == "loop"
    states = loop.states[:, -96:]
    assert measures.two_nn(states[0]).status == "degenerate_cloud", "layer 0 knows no position: four points"
    for estimate in (
        measures.intrinsic_dimension(states),
        measures.gride(states),
        measures.participation_ratio(states),
    ):
        assert (estimate.value[estimate.usable] < 8).all()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_exact_repeats_of_half_precision_states_are_merged(greedy, dtype):
    """One period of real states said 20 times, with the rounding of the dtype as its jitter, is one period."""
    period = greedy[1].states[15, 10:18].to(getattr(torch, dtype))
    repeats = period.repeat(20, 1)
    jitter = repeats + (torch.rand_like(repeats) - 0.5) * torch.finfo(repeats.dtype).eps * repeats.abs()
    estimate = measures.two_nn(jitter.to(repeats.dtype))
    assert estimate.status == "degenerate_cloud"
    assert int(estimate.n_unique) == 8


def test_a_probe_runs_to_its_verdicts(default_model, tmp_path):
    """Two prompts of the default recipe, shortened: real loops, real words, every measure, the page."""
    recipe = load_recipe("coherence")
    short = recipe.model_copy(
        update={
            "generation": recipe.generation.model_copy(update={"new_tokens": 40}),
            "window": recipe.window.model_copy(update={"tokens": 40}),
        }
    )
    run = llmgeo.probe(default_model, recipe=short, limit=2, out=tmp_path / "run")
    assert run.status == "complete"
    assert set(run.claims["claim"]) == {claim.name for claim in recipe.claims}
    measured = run.estimates[run.estimates["measure"] == "participation_ratio"]
    assert len(measured) == 14 * 31
    assert measured["value"].dropna().between(1, 40).all()
    assert write_page(run, options=Options(umap_layers=0)).stat().st_size > 100_000
