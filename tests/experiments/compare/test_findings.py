"""The sentences on what two models differ in, and on what it means that nothing was found."""

import pandas as pd
import pytest

from llmgeo.experiments.compare.findings import findings, why_no_difference
from llmgeo.experiments.compare.layers import layer_table
from llmgeo.experiments.compare.summary import clear_differences


def differences(value, prompts):
    row = {"what": "difference", "measure": "two_nn", "layer": 1, "value": value, "samples": prompts}
    return pd.DataFrame([row, row | {"layer": 2, "value": float("nan"), "samples": 0}])


@pytest.mark.parametrize("prompts", [1, 2, 5])
def test_so_few_prompts_cannot_tell_that_nothing_differs(prompts):
    said = why_no_difference(differences(3.0, prompts))
    assert said.startswith(f"Undecided: {prompts} prompt")
    assert said.endswith("; it takes 6 or more.")


def test_where_nothing_moved_it_is_said_whatever_the_prompts():
    for prompts in (1, 40):
        assert why_no_difference(differences(0.0, prompts)).startswith("Nothing differs: every measure has the same")


def test_prompts_enough_find_nothing_significant():
    assert why_no_difference(differences(3.0, 6)).startswith("Nothing differs both significantly and by more")


def test_without_any_difference_measured_nothing_can_be_told():
    assert why_no_difference(differences(3.0, 2)[:0]).startswith("Undecided: 0 prompts are too few")


def distances(values):
    rows = [
        {"condition": "pair", "text": "neutral", "cloud": "text", "what": "distance", "layer": layer, "value": value}
        | {"measure": measure, "null_high": 1e-4}
        for measure in ("unrotated_residual", "procrustes_distance")
        for layer, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_a_distance_that_the_embedding_makes_grows_from_nowhere():
    said = list(findings(distances([2.0, 2.1, 2.05])))
    assert said[1].startswith("The distance begins at the embedding, layer 0: 2.00 (un-rotated residual;")
    said = list(findings(distances([0.0, 0.5, 2.05])))
    assert said[1].startswith("The distance grows most at layer 2: from 0.500 to 2.05 (un-rotated residual;")


def estimates(status_of_tuned):
    """Six prompts' dimension at two layers, higher by one in TUNED at both; at layer 2 TUNED has `status_of_tuned`."""
    return pd.DataFrame(
        {"condition": condition, "prompt": f"p{prompt}", "text": "neutral", "cloud": "text", "axis": "token", "n": 48}
        | {"measure": "intrinsic_dimension", "layer": layer, "value": 7.0 + prompt / 100 + higher, "null": 9.0}
        | {"status": status_of_tuned if higher and layer == 2 and prompt < 4 else "ok", "halves": float("nan")}
        for condition, higher in (("base", 0.0), ("tuned", 1.0))
        for layer in (1, 2)
        for prompt in range(6)
    )


@pytest.mark.parametrize(("status", "said"), [("no_plateau", "no plateau at 1 of 2 layers"), ("ok", "")])
def test_a_difference_of_what_is_no_dimension_says_so(status, said):
    layers = layer_table(estimates(status), pd.DataFrame({"layer": [], "status": []}), {})
    rows = layers.set_index(["what", "condition", "layer"])["status"]
    assert rows[("value", "tuned", 2)] == rows[("difference", "pair", 2)] == status
    assert rows[("value", "base", 2)] == rows[("value", "tuned", 1)] == rows[("difference", "pair", 1)] == "ok"
    [difference] = clear_differences(layers)
    assert (difference.value, difference.layers) == (pytest.approx(1.0), 2)
    assert difference.scale_remark.startswith(said)
    assert bool(difference.scale_remark) == bool(said)
