"""Whether groups of texts are told apart: planted differences are found, none is where none was planted."""

import numpy as np
import pandas as pd
import pytest

from llmgeo.experiments.probe.analysis import results_of
from llmgeo.experiments.probe.recipe_of_texts import recipe_of_texts
from llmgeo.experiments.probe.sample_table import make_sample_table
from llmgeo.experiments.probe.separations import separation_rows
from llmgeo.experiments.probe.standing_out import standing_out
from llmgeo.statistics import benjamini_hochberg
from llmgeo.texts.text_table import read_texts

MEASURES = ["cloud=['participation_ratio']", "token=['turning_angle']", "path=[]", "baselines=['entropy']"]
LAYERS = 3


def recipe_for(*labels):
    table = read_texts([{"text": label, "label": label} for label in labels] if labels else ["a"])
    return recipe_of_texts(table, "texts", 32, settings=[f"measures.{setting}" for setting in MEASURES])


def planted(recipe, count=20, gap=0.0, entropy_gap=0.0, short=0, longer=0, seed=0, groups=None):
    """Samples and estimates: the first condition's participation ratio is larger by `gap` at layers above 0.

    Args:
        short: texts of the first condition that do not fill the window. longer: how much longer its texts are.
    """
    random = np.random.default_rng(seed)
    samples, estimates = [], []
    for number, condition in enumerate(recipe.conditions):
        for n in range(count):
            name, is_first = f"{n}-{condition.name}", number == 0
            samples.append(
                {
                    "sample": name, "condition": condition.name, "prompt": name if groups is None else f"g{n % groups}",
                    "label": "fluent", "window_start": None if is_first and n < short else 1, "error": None,
                    "text_tokens": 60 + random.integers(20) + longer * is_first,
                    "entropy": random.normal() + entropy_gap * is_first,
                }
            )  # fmt: skip
            for layer in range(LAYERS + 1):
                row = {"sample": name, "layer": layer, "n": 32, "n_unique": 32, "status": "ok", "null": 0.0}
                value = random.normal() + gap * is_first * (layer > 0)
                estimates.append({**row, "measure": "participation_ratio", "value": value})
                estimates.append({**row, "measure": "turning_angle", "value": random.normal()})
    return pd.DataFrame(samples).astype({"window_start": "Int64"}), pd.DataFrame(estimates)


def answered(recipe, **plant):
    samples, estimates = planted(recipe, **plant)
    table = make_sample_table(samples, [estimates], recipe)
    _, contrasts, _ = results_of(table, recipe, LAYERS)
    return separation_rows(contrasts, samples, recipe), contrasts


@pytest.fixture(scope="module")
def two():
    return recipe_for("good", "bad")


def test_a_planted_difference_is_found_and_stands_beside_the_baseline(two):
    [row] = answered(two, gap=3.0)[0].to_dict("records")
    assert (row["answer"], row["measure"], row["beside_baseline"]) == (
        "told apart",
        "participation_ratio",
        "better than",
    )
    assert row["layer"] > 0
    assert row["auc"] > 0.9
    assert row["low"] > 0.5
    assert row["sentence"].startswith("Yes: geometry tells good from bad, and better than a baseline does")
    assert row["caveat"] is None
    assert (row["tests"], row["n_a"], row["n_b"]) == (2 * LAYERS, 20, 20)


def test_what_entropy_tells_as_well_is_said_to_be_nothing_beyond_it(two):
    [row] = answered(two, gap=3.0, entropy_gap=9.0)[0].to_dict("records")
    assert row["answer"] == "told apart"
    assert row["beside_baseline"] != "better than"
    assert "mean entropy alone: 100 of 100 pairs" in row["sentence"]


def test_where_nothing_differs_nothing_is_seen(two):
    [row] = answered(two)[0].to_dict("records")
    assert row["answer"] == "not seen apart"
    assert row["sentence"].startswith("Not seen. ")
    assert pd.isna(row["measure"])


def test_a_difference_of_the_baseline_alone_is_none_of_geometry(two):
    [row] = answered(two, entropy_gap=9.0)[0].to_dict("records")
    assert row["answer"] == "not seen apart"
    assert "Mean entropy alone: 100 of 100 pairs." in row["sentence"]


def test_the_embedding_takes_no_part(two):
    samples, estimates = planted(two)
    first = estimates["sample"].str.endswith("-good") & (estimates["layer"] == 0)
    estimates.loc[first & (estimates["measure"] == "participation_ratio"), "value"] += 100
    _, contrasts, _ = results_of(make_sample_table(samples, [estimates], two), two, LAYERS)
    [row] = separation_rows(contrasts, samples, two).to_dict("records")
    assert row["answer"] == "not seen apart"


def test_p_is_simes_of_all_measures_and_layers_and_q_is_over_the_contrasts():
    recipe = recipe_for("a", "b", "c")
    separations, contrasts = answered(recipe, gap=1.0)
    for row in separations.to_dict("records"):
        inner = contrasts[(contrasts["contrast"] == row["contrast"]) & (contrasts["layer"] > 0)]
        p = np.sort(inner["p"].to_numpy(float))
        assert row["p"] == pytest.approx(min(1.0, np.min(p * len(p) / np.arange(1, len(p) + 1))))
    np.testing.assert_allclose(separations["q"], benjamini_hochberg(separations["p"].to_numpy()))
    assert separations["contrast"].tolist() == [contrast.name for contrast in recipe.contrasts]
    assert separations["b"].tolist()[-1] == "the rest"
    assert set(separations.loc[separations["a"] == "a", "answer"]) <= {"told apart", "open"}


def test_too_few_texts_are_not_compared(two):
    [row] = answered(two, count=3, gap=50.0)[0].to_dict("records")
    assert row["answer"] == "not compared"
    assert "fewer than five independent texts, or groups of them" in row["sentence"]
    assert "(3 against 3 texts)" in row["sentence"]


def test_groups_are_the_unit(two):
    """Twenty texts a side from four groups stand on four cases, not on twenty."""
    [row] = answered(two, gap=50.0, groups=4)[0].to_dict("records")
    assert row["answer"] == "not compared"


def test_texts_left_out_of_one_label_are_a_caveat(two):
    [row] = answered(two, short=9)[0].to_dict("records")
    assert (row["left_out_a"], row["left_out_b"], row["n_a"]) == (9, 0, 11)
    assert row["caveat"] == (
        "The window leaves out 9 of 20 texts of good and 0 of 20 of bad: what is compared are the longer ones."
    )


def test_lengths_that_tell_the_labels_are_a_caveat(two):
    [row] = answered(two, longer=30)[0].to_dict("records")
    assert row["length_auc"] == 1.0
    assert row["caveat"].startswith("Length alone: longer in good in 100 of 100 pairs")
    assert answered(two)[0]["caveat"][0] is None


# -- texts that stand out ----------------------------------------------------------------------------------------------


def test_a_text_far_from_the_others_stands_out_at_the_middle_layer():
    recipe = recipe_for()
    samples, estimates = planted(recipe)
    here = (estimates["sample"] == "7-texts") & (estimates["measure"] == "turning_angle")
    estimates.loc[here, "value"] = 50.0
    samples.loc[samples["sample"] == "7-texts", "entropy"] = -40.0
    found = standing_out(make_sample_table(samples, [estimates], recipe), recipe)
    row = found.iloc[0]
    assert (row["sample"], row["measure"], row["layer"]) == ("7-texts", "turning_angle", 2)
    values = estimates[(estimates["measure"] == "turning_angle") & (estimates["layer"] == 2)]["value"]
    middle = values.median()
    assert row["z"] == pytest.approx((50.0 - middle) / (1.482602218505602 * (values - middle).abs().median()))
    assert (row["value"], row["median"]) == (50.0, middle)
    assert row["baseline"] == "entropy"
    assert row["baseline_z"] < -3.5
    assert found["z"].abs().is_monotonic_decreasing
    assert (found["z"].abs() >= 3.5).all()


def test_each_label_has_its_own_middle(two):
    samples, estimates = planted(two, gap=500.0)
    found = standing_out(make_sample_table(samples, [estimates], two), two)
    assert (found["z"].abs() < 50).all(), "texts of one label stand out beside the other, and not beside each other"
