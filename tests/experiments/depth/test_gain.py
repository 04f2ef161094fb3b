"""The question of gain: what is stored is what maps and Jacobians give, on the toy and on a model with streams."""

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console
from transformers import AutoModelForCausalLM

import llmgeo
from llmgeo.experiments.depth.gain.analysis import claim_test, gain_table, map_table
from llmgeo.experiments.depth.gain.measuring import start_layers
from llmgeo.experiments.depth.gain.recipe import GainClaim
from llmgeo.experiments.depth.screen import first_screen
from llmgeo.experiments.depth.summary import summarize
from llmgeo.measures.maps.gains import backward_gain, composites, forward_gain, largest_gain
from llmgeo.model.capture.residual_maps import read_residual_maps
from llmgeo.model.jacobian import LastToken
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.page import Options
from llmgeo.report.page.document import page_html
from llmgeo.user_file import UserFile
from tests.families.shrink import tiny_config
from tests.model.test_residual_maps import streams_model

SOURCE = b"""
kind = "depth"
name = "small"
title = "gain"
[prompts]
file = "coherence.jsonl"
[generation]
new_tokens = 8
[window]
tokens = 8
[texts]
together = 6
[gain]
texts = 2
starts = 3
[gain.what_if]
draws = 9
[[gain.claims]]
name = "forward"
sentence = "Gain is bounded."
source = "nobody"
measure = "composite_forward_gain"
expect = "a < b"
[[gain.claims]]
name = "backward"
sentence = "Gain is bounded."
source = "nobody"
measure = "composite_backward_gain"
expect = "a < b"
"""

PROMPTS = ["The sea", "A child", "My dear", "In 1900", "Take two", "Why is it"]


def probe(model, folder, limit=6, **options):
    recipe = parse_recipe(UserFile("small.toml", SOURCE, None))
    return llmgeo.probe(model, recipe=recipe, limit=limit, out=folder, **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return probe("toy", tmp_path_factory.mktemp("gain") / "run")


@pytest.fixture(scope="module")
def streams():
    toy = llmgeo.load("toy")
    config = tiny_config("deepseek_v4", vocab_size=toy.hf.config.vocab_size)
    return llmgeo.load(streams_model(config), tokenizer=toy.tokenizer)


@pytest.fixture(scope="module")
def streams_run(streams, tmp_path_factory):
    return probe(streams, tmp_path_factory.mktemp("streams") / "run", prompts=PROMPTS, limit=None)


def screen(run):
    console = Console(width=110, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(first_screen(run, summarize(run), 110))
    return console.export_text()


def test_jacobians_are_those_of_the_last_measured_token(run):
    row = run.table("jacobians").query("layer == 2").iloc[0]
    sample = run.samples.set_index("sample").loc[row["sample"]]
    token = LastToken(llmgeo.load("toy"), list(sample["token_ids"])[: int(sample["window_stop"])])
    whole = token.jacobian(2)
    norms = token.states.norm(dim=-1)
    assert row["largest"] == pytest.approx(float(largest_gain(whole)), rel=1e-3)
    assert row["random"] == pytest.approx(float(whole.norm()) / 8, rel=1e-3)
    assert row["relative"] == pytest.approx(row["largest"] * float(norms[2] / norms[-1]), rel=1e-3)


def test_some_texts_and_layers_are_asked(run):
    table = run.table("jacobians")
    assert table["sample"].nunique() == 2
    assert sorted(table["layer"].unique()) == [0, 2, 5]
    assert start_layers(2, 7) == [0, 1]


def test_a_model_whose_blocks_cannot_be_asked_says_so_and_has_all_else(tmp_path):
    """GPT-1 keeps no cache that could be held fixed."""
    toy = llmgeo.load("toy")
    torch.manual_seed(0)
    hf = AutoModelForCausalLM.from_config(tiny_config("openai-gpt", vocab_size=toy.hf.config.vocab_size)).eval()
    found = probe(llmgeo.load(hf, tokenizer=toy.tokenizer), tmp_path / "run", prompts=PROMPTS, limit=None)
    assert set(found.table("jacobians")["status"]) == {"no_jacobian"}
    assert found.table("gains").query("measure == 'norm_growth'")["value"].notna().all()
    assert "No Jacobians: earlier tokens cannot be held fixed" in " ".join(screen(found).split())


def test_growth_is_one_at_the_embedding(run):
    gains = run.table("gains").set_index(["measure", "layer"])["value"]
    assert gains["norm_growth", 0] == 1
    assert gains["norm_growth", 6] > 1


def test_one_stream_has_the_identity_and_says_so(run):
    assert run.table("stream_maps")["status"].tolist() == ["identity_map"]
    assert set(run.claims["verdict"]) == {"not measured"}
    assert "the residual map is the identity" in " ".join(screen(run).lower().split())


def test_random_maps_stand_beside(run):
    table = run.table("what_ifs").set_index(["kind", "deviation"])
    assert table.loc[("unconstrained", 0.4), "forward"] > table.loc[("unconstrained", 0.1), "forward"] > 1
    constrained = table.loc["sinkhorn"]
    assert constrained["forward"].to_numpy() == pytest.approx(1, abs=1e-9)
    assert constrained.loc[4.0, "backward_high"] > constrained.loc[1.0, "backward_high"] >= 1


def test_maps_are_those_of_the_model(streams, streams_run):
    table = streams_run.table("map_gains")
    sample = streams_run.samples.iloc[0]
    window = slice(int(sample["window_start"]), int(sample["window_stop"]))
    maps = read_residual_maps(streams, list(sample["token_ids"])).maps[:, window].double()
    whole = composites(maps)
    of_text = table[table["sample"] == sample["sample"]].set_index(["scope", "map"])
    for place in (1, len(maps)):
        row = of_text.loc[("composite", place)]
        assert row["forward"] == pytest.approx(float(forward_gain(whole[place - 1]).mean()), rel=1e-6)
        assert row["backward"] == pytest.approx(float(backward_gain(whole[place - 1]).mean()), rel=1e-6)
        assert row["backward_of_mean"] == pytest.approx(float(backward_gain(whole[place - 1].mean(0))), rel=1e-6)
    assert table["row_error"].max() < 1e-5
    assert table["column_low"].min() < 1 < table["column_high"].max()
    assert streams_run.arrays("composites")[sample["sample"]] == pytest.approx(whole.mean(1).numpy(), abs=1e-5)


def test_streams_answer_the_claims_and_have_no_jacobian(streams_run):
    claims = streams_run.claims.set_index("claim")
    assert claims.loc["forward", "verdict"] == "supported"
    assert claims.loc["forward", "a_value"] == pytest.approx(1, abs=1e-3)
    assert set(streams_run.table("jacobians")["status"]) == {"several_streams"}


def test_pages_and_screens_tell_of_both(run, streams_run):
    for found, said in ((run, "Growth and gain by layer"), (streams_run, "Maps between residual streams")):
        html = page_html(found, Options())
        assert said in html
    assert '"composites"' in page_html(streams_run, Options())
    shown = screen(streams_run)
    assert "block 1 attn_hc" in shown
    assert "several residual streams" in " ".join(shown.split())


def test_layers_are_geometric_means_over_texts():
    rows = [
        {"sample": f"t{text}", "prompt": f"t{text}", "layer": 1, "norm_growth": value, "status": "ok"}
        for text, value in enumerate([1.0, 10.0, 100.0, 10.0, 10.0])
    ]
    row = gain_table(pd.DataFrame(rows), pd.DataFrame()).iloc[0]
    assert row["value"] == pytest.approx(10)
    assert row["low"] < 10 < row["high"]


def planted(gain, texts=8):
    generator = np.random.default_rng(0)
    columns = dict.fromkeys(("forward_of_mean", "backward_of_mean", "column_low", "column_high", "row_error"), 1.0)
    return pd.DataFrame(
        [
            columns
            | {"sample": f"t{text}", "prompt": f"t{text}", "scope": scope, "map": place, "part": f"p{place}",
               "forward": gain * np.exp(0.1 * generator.normal()), "backward": 1.0, "second_eigenvalue": second,
               "status": "ok"}
            for text in range(texts)
            for scope in ("single", "composite")
            for place, second in ((1, 0.5), (2, 1.0))
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("gain", "is_below"), [(1.2, True), (3.0, False)])
def test_composite_gain_stands_beside_its_bound(gain, is_below):
    claim = GainClaim(name="x", sentence="X.", source="nobody", measure="composite_forward_gain", expect="a < b")
    test = claim_test(planted(gain), claim)
    assert (test.high < 0) is is_below
    assert (test.low > 0) is not is_below
    assert test.b.value == 1.6


def test_mixing_lengths_of_sub_layers():
    table = map_table(planted(1.2)).set_index(["scope", "map"])
    assert table.loc[("single", 1), "mixing_length"] == pytest.approx(np.log(0.01) / np.log(0.5))
    assert np.isinf(table.loc[("single", 2), "mixing_length"])
    assert torch.isfinite(torch.tensor(table["forward"].to_numpy())).all()
