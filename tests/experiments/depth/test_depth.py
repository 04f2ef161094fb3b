"""The room of the depth axis end to end on the toy: what is stored is what was measured, and every command works."""

import itertools

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.engine import registry
from llmgeo.engine.runner import plan
from llmgeo.errors import RecipeError, UsageError
from llmgeo.measures.paths.steps import length_to_chord, turning_angle
from llmgeo.recipe import load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.page import Options
from llmgeo.report.page.document import page_html
from llmgeo.user_file import UserFile
from tests.run.units import contents

TEXTS = 7
SOURCE = b"""
kind = "depth"
name = "small"
title = "paths"
[prompts]
file = "coherence.jsonl"
[generation]
new_tokens = 12
[window]
tokens = 12
[texts]
together = 7
[angles]
[angles.nulls]
sets = 19
gaussian_sets = 3
path_sets = 4
[[angles.claims]]
name = "bend"
sentence = "Paths bend."
source = "nobody"
measure = "depth_turning_angle"
layers = "middle third"
expect = "a > b"
[[angles.claims]]
name = "long"
sentence = "Paths are long."
source = "nobody"
measure = "depth_length_to_chord"
expect = "a > b"
"""


def recipe(*changes):
    source = SOURCE
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return parse_recipe(UserFile("small.toml", source, None))


def probe(folder, *changes, limit=TEXTS, **options):
    return llmgeo.probe("toy", recipe=recipe(*changes), limit=limit, out=folder, **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return probe(tmp_path_factory.mktemp("depth") / "run", save_states=True)


@pytest.fixture(scope="module")
def windows(run):
    """States [texts, tokens, L+1, D] of the measured tokens, as the run kept them."""
    samples = run.samples.set_index("sample")
    return {
        name: torch.as_tensor(run.states(name))[:, int(row.window_start) : int(row.window_stop)].transpose(0, 1)
        for name, row in samples.dropna(subset=["window_start"]).iterrows()
    }


def of(run, **wanted):
    table = run.table("paths")
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name] == value]
    return table


def test_a_run_is_whole(run, windows):
    assert run.status == "complete"
    assert len(windows) >= 5, "too few texts of the toy are long enough for null E"
    assert len(run.samples) == TEXTS
    for table in ("tokens", "estimates", "layers", "claims", "paths", "null_draws", "path_layers", "nulls"):
        assert len(run.table(table)), table
    assert {*run.table("nulls")["null"]} == {"A", "B", "C", "D", "DE", "E"}
    assert {*run.table("paths")["status"]} == {"ok"}


def test_what_was_observed_is_what_the_states_give(run, windows):
    angles = of(run, measure="depth_turning_angle", frame="raw", tokens="all").set_index(["sample", "layer"])["value"]
    ratio = of(run, measure="depth_length_to_chord", frame="raw", tokens="all").set_index("sample")["value"]
    for name, states in windows.items():
        expected = turning_angle(states).mean(0)
        for turn, value in enumerate(expected.tolist(), start=1):
            assert angles[name, turn] == pytest.approx(value, abs=1e-3)
        assert ratio[name] == pytest.approx(float(length_to_chord(states).mean()), rel=1e-4)


def test_null_e_is_the_mean_over_pairs_of_tokens_of_different_texts(run, windows):
    """Counted pair by pair, and averaged over texts."""
    turn = 3
    means = []
    for one, other in itertools.permutations(windows.values(), 2):
        before, after = (states.diff(dim=1)[:, turn + at] for states, at in ((one, -1), (other, 0)))
        cosine = torch.nn.functional.cosine_similarity(before[:, None], after[None], dim=-1)
        means.append(float(torch.rad2deg(cosine.double().arccos()).mean()))
    nulls = of(run, measure="depth_turning_angle", frame="raw", tokens="all", layer=turn)["null"]
    assert nulls.mean() == pytest.approx(np.mean(means), abs=1e-3)
    drawn = run.table("nulls").set_index(["null", "measure", "layer"])
    assert drawn.loc[("E", "depth_turning_angle", turn), "value"] == pytest.approx(np.mean(means), abs=1.0)


def test_classes_of_tokens_and_thirds_of_the_window_add_up(run, windows):
    counts = of(run, measure="depth_turning_angle", frame="raw", layer=2).pivot(
        index="sample", columns="tokens", values="n"
    )
    whole = counts.pop("all")
    thirds = [name for name in counts if name.endswith("third")]
    assert (counts[thirds].sum(axis=1) == whole).all()
    assert (counts.drop(columns=thirds).sum(axis=1) == whole).all()


def test_writes_are_measured_beside_the_states_they_are_added_to(run):
    writes = run.table("path_layers").set_index(["measure", "layer", "tokens", "frame"])["value"]
    assert writes["mlp_write", 1, "all", "raw"] > 1  # the toy's first MLP overwrites the embedding
    assert all(writes["attention_write", layer, "all", "raw"] > 0 for layer in range(1, 7))


def test_a_claim_is_observed_minus_null_e_over_its_layers(run):
    table = of(run, measure="depth_turning_angle", frame="raw", tokens="all")
    chosen = table[table["layer"].isin([3, 4])].groupby("sample")[["value", "null"]].mean()
    claim = run.claims.set_index("claim").loc["bend"]
    assert claim["effect"] == pytest.approx((chosen["value"] - chosen["null"]).mean())
    assert list(claim["layers"]) == [3, 4]
    assert "random directions" in claim["caveat"]
    assert run.claims.set_index("claim").loc["long"]["layer_words"] == "whole paths"


def test_length_and_chord_are_untouched_by_null_c(run):
    nulls = run.table("nulls")
    assert "depth_length_to_chord" not in set(nulls[nulls["null"] == "C"]["measure"])


def test_the_same_command_gives_the_same_bytes(run, tmp_path):
    again = probe(tmp_path / "again", save_states=True)
    kept = [
        name for name in contents(run.path) if name.startswith(("tables", "arrays", "samples", "paths", "null_draws"))
    ]
    assert kept
    for name in kept:
        assert contents(run.path)[name] == contents(again.path)[name], name


def test_a_run_goes_on_with_more_prompts(tmp_path):
    probe(tmp_path / "run", (b"together = 7", b"together = 5"), limit=5)
    longer = probe(tmp_path / "run", (b"together = 7", b"together = 5"), limit=7)
    assert len(longer.samples) == 7
    assert longer.table("path_layers")["samples"].max() > 5


def test_too_few_texts_have_no_null_and_the_claims_say_why(tmp_path):
    few = probe(tmp_path / "run", limit=3)
    assert few.table("paths")["null"].isna().all()
    assert {*few.claims["status"]} == {"too_few_texts"}
    assert {*few.claims["verdict"]} == {"not measured"}


def test_page_and_screen_say_what_was_found(run):
    html = page_html(run)
    assert 'id="angles"' in html
    assert "Landscape of angles" in html
    shown = CliRunner().invoke(app, ["show", str(run.path), "--all"])
    assert shown.exit_code == 0, shown.output
    assert "How paths turn" in shown.output
    assert "untrained network" in shown.output


def test_a_models_text_reaches_the_page_escaped(run):
    section = registry.experiment("depth").page(run, Options()).data["questions"]["angles"]
    shown = [token for text in section["texts"] for token in text["tokens"]]
    assert shown
    assert all(token.isprintable() and token for token in shown)


def test_layers_are_not_to_be_left_out(tmp_path):
    with pytest.raises(UsageError, match="takes all of them"):
        probe(tmp_path / "run", layers="0-3")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"new_tokens = 12", b"new_tokens = 11"), "reaches beyond generation.new_tokens = 11"),
        ((b'name = "long"', b'name = "bend"'), r"angles.claims\[\d\].name = 'bend' is taken by angles.claims\[0\]"),
        ((b"depth_length_to_chord", b"curvature"), "measure"),
        ((SOURCE[SOURCE.index(b"[angles]") :], b""), "asks no question"),
    ],
)
def test_a_faulty_recipe_is_one_message(change, said):
    with pytest.raises(RecipeError, match=said):
        recipe(change)


def test_a_finished_run_answers_other_claims_and_nothing_that_was_not_measured(run):
    other = recipe((b'expect = "a > b"\n[[angles.claims]]', b'expect = "a < b"\n[[angles.claims]]'))
    tables = registry.experiment("depth").answer(run, recipe(), other)
    assert list(tables["claims"]["expect"]) == ["a < b", "a > b"]
    with pytest.raises(UsageError, match=r"asks in \[angles\] for what .* did not measure"):
        registry.experiment("depth").answer(run, recipe(), recipe((b"sets = 19", b"sets = 20")))


def test_the_plan_counts_what_is_written_and_read():
    found = plan(("toy",), recipe=recipe(), limit=TEXTS)
    assert found.generated_tokens == TEXTS * 12
    assert found.read_tokens > found.generated_tokens
    assert found.claims == 2


def test_the_usual_recipe_asks_the_four_claims_of_paths():
    usual = load_recipe("depth")
    assert [claim.measure for claim in usual.angles.claims] == [
        "depth_turning_angle", "beyond_chance", "depth_length_to_chord", "turns_back"
    ]  # fmt: skip
