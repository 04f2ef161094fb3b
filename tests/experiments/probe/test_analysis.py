"""Contrasts and verdicts on tables whose truth is planted."""

import re

import numpy as np
import pandas as pd
import pytest

from llmgeo.experiments.probe.analysis import result_tables
from llmgeo.experiments.probe.contrast_summary import summarize_contrasts
from llmgeo.recipe.load import parse_recipe
from llmgeo.recipe.shared import ConditionSide
from llmgeo.statistics.over_scales import ONE_SCALE
from llmgeo.user_file import UserFile

RECIPE = b"""
name = "planted"
kind = "probe"
title = "planted truths"
[prompts]
file = "coherence.jsonl"
[measures]
cloud = ["two_nn"]
token = ["turning_angle"]
baselines = ["entropy"]
[[conditions]]
name = "calm"
kind = "generate"
temperature = 1.0
[[conditions]]
name = "wild"
kind = "generate"
temperature = 2.0
[[contrasts]]
name = "wild against calm"
a = { conditions = ["wild"] }
b = { conditions = ["calm"] }
[[claims]]
name = "higher"
sentence = "Wild text has a higher dimension."
source = "planted"
measure = "two_nn"
layers = [1]
a = { conditions = ["wild"] }
b = { conditions = ["calm"] }
expect = "a > b"
[[claims]]
name = "straighter"
sentence = "Wild text runs straighter."
source = "planted"
measure = "turning_angle"
layers = "all"
a = { conditions = ["wild"] }
b = { conditions = ["calm"] }
expect = "a < b"
"""
PROMPTS = 24


@pytest.fixture(scope="module")
def recipe():
    return parse_recipe(UserFile("planted.toml", RECIPE, None))


def planted(*, dimension_gap=5.0, entropy_gap=0.0, refused=(), bent=(), short=()):
    """Tables of 24 prompts x 2 conditions x layers 0-1: dimension differs at layer 1 only, the angle nowhere."""
    random = np.random.default_rng(0)
    samples, estimates = [], []
    for prompt in range(PROMPTS):
        for condition in ("calm", "wild"):
            wild = condition == "wild"
            name = f"p{prompt}-{condition}"
            samples.append(
                {
                    "sample": name,
                    "condition": condition,
                    "prompt": f"p{prompt}",
                    "label": "fluent",
                    "window_start": None if name in short else 4,
                    "error": None,
                    "entropy": random.normal() + entropy_gap * wild,
                }
            )
            for layer in (0, 1):
                row = {"sample": name, "layer": layer, "n": 128, "n_unique": 120, "status": "ok"}
                dimension = 10 + random.normal() + dimension_gap * wild * layer
                if name in refused:
                    row, dimension = {**row, "status": "degenerate_cloud"}, np.nan
                if name in bent:
                    row["status"] = "no_plateau"
                estimates.append({**row, "measure": "two_nn", "value": dimension, "null": 12 + random.normal()})
                estimates.append(
                    {**row, "measure": "turning_angle", "status": "ok", "value": 115 + random.normal(), "null": 120.0}
                )
    return pd.DataFrame(samples).astype({"window_start": "Int64"}), pd.DataFrame(estimates)


def tables_of(samples, estimates, recipe, blocks):
    return result_tables(samples, [estimates], recipe, blocks)


def test_a_difference_is_found_where_it_was_planted_and_nowhere_else(recipe):
    _, contrasts, _ = tables_of(*planted(), recipe, blocks=1)
    found = contrasts.set_index(["measure", "layer"])
    assert found.loc[("two_nn", 1), "auc"] > 0.95
    assert found.loc[("two_nn", 1), "q"] < 0.01
    assert (contrasts[~((contrasts["measure"] == "two_nn") & (contrasts["layer"] == 1))]["q"] > 0.05).all()
    best = found.loc[("two_nn", 1)]
    assert (best["baseline"], best["baseline_auc"]) == ("entropy", found.loc["entropy", "auc"].iloc[0])
    assert 0 < best["best_gain_low"] <= best["gain_low"] < best["gain"] < best["gain_high"]
    geometric = contrasts[contrasts["layer"].notna()]
    assert (geometric["band_low"] < geometric["low"]).all()
    assert (geometric["band_high"] >= geometric["high"]).all()
    assert found.loc[("two_nn", 1), "mean_a"] == pytest.approx(15, abs=1)


def test_verdicts(recipe):
    _, _, claims = tables_of(*planted(), recipe, blocks=1)
    assert claims["verdict"].tolist() == ["supported", "undecided"]
    _, _, claims = tables_of(*planted(dimension_gap=-5.0), recipe, blocks=1)
    assert claims["verdict"].tolist() == ["contradicted", "undecided"]


def test_a_baseline_that_tells_as_much_is_said_so(recipe):
    _, _, claims = tables_of(*planted(dimension_gap=2.0, entropy_gap=50.0), recipe, blocks=1)
    row = claims.iloc[0]
    assert row["baseline"] == "entropy"
    assert row["beside_baseline"] != "better than"
    assert row["conclusion"] in ("supported, nothing beyond mean entropy", "supported, not clearly beyond mean entropy")
    assert row["caveat"] == ONE_SCALE
    _, _, claims = tables_of(*planted(dimension_gap=9.0), recipe, blocks=1)
    assert claims.iloc[0]["conclusion"] == "supported, beyond mean entropy"


def test_refused_estimates_are_counted_and_never_compared(recipe):
    refused = [f"p{prompt}-wild" for prompt in range(PROMPTS)]
    layers, contrasts, claims = tables_of(*planted(refused=refused), recipe, blocks=1)
    row = layers[(layers["condition"] == "wild") & (layers["measure"] == "two_nn")].iloc[0]
    assert (row["status"], row["samples"], row["refused"]) == ("degenerate_cloud", 0, PROMPTS)
    assert np.isnan(row["value"])
    assert claims.iloc[0]["verdict"] == "not measured"
    assert (contrasts[contrasts["measure"] == "two_nn"]["status"] == "no_values").all(), (
        "texts are there, their values not"
    )


def test_values_without_a_plateau_are_compared_and_counted_apart(recipe):
    bent = [f"p{prompt}-wild" for prompt in range(PROMPTS)] + [f"p{prompt}-calm" for prompt in range(3)]
    layers, contrasts, claims = tables_of(*planted(bent=bent), recipe, blocks=1)
    plain_layers, plain_contrasts, plain_claims = tables_of(*planted(), recipe, blocks=1)
    pd.testing.assert_frame_equal(contrasts, plain_contrasts)
    changed = ["verdict", "conclusion", "q", "caveat", "status"]
    pd.testing.assert_frame_equal(claims.drop(columns=changed), plain_claims.drop(columns=changed))
    assert claims["verdict"].tolist() == ["undecided", "undecided"]
    assert claims.iloc[0]["caveat"].startswith("no verdict: the value depends on the scale in most texts, and this run")
    pd.testing.assert_frame_equal(
        layers.drop(columns=["status", "no_plateau"]), plain_layers.drop(columns=["status", "no_plateau"])
    )
    of_dimension = layers[layers["measure"] == "two_nn"].set_index(["condition", "layer"])
    assert (of_dimension.loc["wild", "status"] == "no_plateau").all()
    assert (of_dimension.loc["calm", "status"] == "ok").all()
    assert (of_dimension.loc["wild", "no_plateau"] == PROMPTS).all()
    assert (of_dimension.loc["calm", "no_plateau"] == 3).all()
    assert (plain_layers["no_plateau"] == 0).all()


def with_scales(samples, estimates, gap, status="no_plateau"):
    """The same with the dimension at five scales, `gap(n1)` apart, and texts that have no plateau."""
    random = np.random.default_rng(1)
    rows = estimates[estimates["measure"] == "two_nn"].assign(status=status).to_dict("records")
    more = []
    for n1 in (1, 2, 4, 8, 16):
        for row in rows:
            value = 10 * n1 + random.normal() + gap(n1) * row["sample"].endswith("wild")
            more.append(row | {"measure": f"gride_{n1}_calibrated", "value": value})
    return samples, pd.concat([estimates, pd.DataFrame(more)], ignore_index=True)


@pytest.mark.parametrize(
    ("gap", "verdict", "as_predicted", "caveat"),
    [
        (lambda n1: 5.0, "supported", 5, "as predicted at all five scales"),
        (
            lambda n1: 5.0 - n1,
            "undecided",
            3,
            "the direction depends on the scale: as predicted at 3 of 5, opp",
        ),
        (lambda n1: 5.0 if n1 < 16 else 0.2, "undecided", 5, "as predicted at all five scales, clearly at four"),
    ],
)
def test_a_claim_on_a_dimension_rests_on_every_scale(recipe, gap, verdict, as_predicted, caveat):
    _, contrasts, claims = tables_of(*with_scales(*planted(), gap), recipe, blocks=1)
    row = claims.iloc[0]
    assert (row["verdict"], row["scales"], row["scales_as_predicted"]) == (verdict, 5, as_predicted)
    assert row["caveat"].startswith(caveat)
    assert row["caveat"].endswith("; the value depends on the scale")
    said = r"TwoNN dimension: ([\d.]+) against ([\d.]+) \(over the scales: ([\d.]+) to ([\d.]+) against ([\d.]+) to "
    a, b, *lowest = map(float, re.match(said, row["words"]).groups())
    assert (a, b) == pytest.approx((row["a_value"], row["b_value"]), rel=0.005), "of the scale whose effect is shown"
    assert lowest[0] <= a <= lowest[1]
    assert lowest[2] <= b
    assert (row["scale_neighbours"], row["has_plateau"]) == ([1, 2, 4, 8, 16], False)
    assert row["effect"] == min(row["scale_effects"])
    assert "gride_1_calibrated" not in set(contrasts["measure"])


def test_where_texts_have_a_plateau_the_value_is_said_plainly_and_tested_at_every_scale_all_the_same(recipe):
    row = tables_of(*with_scales(*planted(), lambda n1: 5.0 - n1, "ok"), recipe, blocks=1)[2].iloc[0]
    assert (row["verdict"], row["has_plateau"]) == ("undecided", True)
    assert "by scale" not in row["words"]
    assert "depends on the scale: as predicted at 3 of 5" in row["caveat"]


def test_a_side_without_values_is_told_in_words(recipe):
    refused = [f"p{prompt}-wild" for prompt in range(PROMPTS)]
    row = tables_of(*planted(refused=refused), recipe, blocks=1)[2].iloc[0]
    assert (row["verdict"], row["status"]) == ("not measured", "no_values")
    assert row["words"].endswith(" in calm, no value in wild")


def test_a_contrast_without_texts_on_a_side_says_so(recipe):
    samples, estimates = planted()
    calm = samples[samples["condition"] == "calm"]
    _, contrasts, _ = tables_of(calm, estimates[estimates["sample"].isin(calm["sample"])], recipe, blocks=1)
    assert set(contrasts["status"]) == {"no_samples"}


def test_texts_that_do_not_fill_the_window_are_not_compared(recipe):
    _, contrasts, _ = tables_of(*planted(short=["p0-wild", "p1-wild", "p2-calm"]), recipe, blocks=1)
    assert set(contrasts["n_a"]) == {PROMPTS - 2}
    assert set(contrasts["n_b"]) == {PROMPTS - 1}


def test_layers_stand_beside_their_null(recipe):
    layers, _, _ = tables_of(*planted(), recipe, blocks=1)
    angle = layers[layers["measure"] == "turning_angle"]
    assert (angle["null_low"] <= 120).all()
    assert (angle["null_high"] >= 120).all()
    assert (angle["n"] == 128 * PROMPTS).all()
    assert (angle["n_unique"] == 120 * PROMPTS).all()
    baseline = layers[layers["measure"] == "entropy"]
    assert baseline["layer"].isna().all()


def test_no_interval_reaches_beyond_what_its_measure_can_be(recipe):
    samples, estimates = planted()
    few = samples["prompt"].isin(["p0", "p1", "p2", "p3"])
    samples, estimates = samples[few], estimates[estimates["sample"].isin(samples.loc[few, "sample"])].copy()
    skewed = {"two_nn": [0.5, 1.0, 2.0, 40.0], "turning_angle": [20.0, 170.0, 175.0, 178.0]}
    prompts = estimates["sample"].str[1].astype(int)
    estimates["value"] = [skewed[name][prompt] for name, prompt in zip(estimates["measure"], prompts, strict=True)]
    layers, _, _ = tables_of(samples, estimates, recipe, blocks=1)
    dimension, angle = (layers[layers["measure"] == name] for name in ("two_nn", "turning_angle"))
    assert (dimension["low"] == 0).all()
    assert (angle["high"] == 180).all()
    assert (dimension["high"] > 40).all()
    assert (angle["low"] >= 0).all()


def test_three_prompts_have_means_and_no_bands(recipe):
    samples, estimates = planted()
    few = samples["prompt"].isin(["p0", "p1", "p2"])
    layers, _, _ = tables_of(samples[few], estimates[estimates["sample"].isin(samples.loc[few, "sample"])], recipe, 1)
    assert layers["value"].notna().all()
    assert layers[["low", "high"]].isna().all(axis=None)
    beside_a_null = layers[layers["layer"].notna()]
    assert beside_a_null["null_low"].between(100, 140).sum() == beside_a_null["measure"].eq("turning_angle").sum()
    pd.testing.assert_series_equal(beside_a_null["null_low"], beside_a_null["null_high"], check_names=False)


def test_a_claims_row_says_what_was_asked_and_of_which_layers(recipe):
    higher, straighter = tables_of(*planted(), recipe, blocks=1)[2].to_dict("records")
    assert (higher["effect_is"], higher["nothing"], higher["expect"]) == ("auc", 0.5, "a > b")
    assert (higher["cloud"], higher["axis"], straighter["cloud"]) == ("text", "token", "none")
    assert (higher["layers"], higher["layer_words"]) == ([1], "layer 1")
    assert (straighter["layers"], straighter["layer_words"]) == ([0, 1], "all layers (0-1)")
    assert (higher["a_words"], higher["a_conditions"], higher["n_a"]) == ("wild", ["wild"], PROMPTS)
    assert (higher["b_words"], higher["b_conditions"], higher["n_b"]) == ("calm", ["calm"], PROMPTS)
    assert higher["a_value"] == pytest.approx(15, abs=1)
    assert higher["b_value"] == pytest.approx(10, abs=1)


@pytest.mark.parametrize(
    ("kept", "layers", "words", "status"),
    [((1,), [1], "all layers (0-1), of which 1 measured", "ok"), ((), [], None, "layers_left_out")],
)
def test_layers_that_were_left_out_are_named(recipe, kept, layers, words, status):
    samples, estimates = planted()
    row = tables_of(samples, estimates[estimates["layer"].isin([*kept, 7])], recipe, blocks=1)[2].iloc[1]
    assert (row["layers"], row["status"]) == (layers, status)
    assert row["layer_words"] == (words or "all layers (0-1), of which none measured")


def test_the_sides_of_a_contrast_are_data(recipe):
    wild = ConditionSide(conditions=("wild", "calm"), label="fluent")
    labelled = recipe.model_copy(update={"contrasts": (recipe.contrasts[0].model_copy(update={"a": wild}),)})
    contrasts = tables_of(*planted(), labelled, blocks=1)[1]
    for row in contrasts.to_dict("records"):
        assert (row["a"], row["a_conditions"], row["a_label"]) == ("wild+calm (fluent)", ["wild", "calm"], "fluent")
        assert (row["b"], row["b_conditions"], row["b_label"]) == ("calm", ["calm"], None)
    [summary] = summarize_contrasts(contrasts)
    samples = planted()[0].assign(label=["fluent", "loop"] * PROMPTS)  # calm ones are fluent, wild ones loop
    assert summary.a.holds(samples).tolist() == [True, False] * PROMPTS
    assert summary.b.holds(samples).tolist() == [True, False] * PROMPTS


def test_rep_4_is_no_baseline_where_the_label_is_made_of_it(recipe):
    """Labelled sides are told apart by rep-4 by definition; unlabelled ones may be."""
    source = RECIPE.replace(b'baselines = ["entropy"]', b'baselines = ["entropy", "rep_4"]')
    labelled = source.replace(b'a = { conditions = ["wild"] }', b'a = { conditions = ["wild"], label = "fluent" }')
    samples, estimates = planted()
    samples["rep_4"] = (samples["condition"] == "wild") * 1.0
    for text, baseline in ((source, "rep_4"), (labelled, "entropy")):
        _, _, claims = tables_of(samples, estimates, parse_recipe(UserFile("planted.toml", text, None)), blocks=1)
        assert claims.iloc[0]["baseline"] == baseline
