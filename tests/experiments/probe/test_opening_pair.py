"""The two texts that open the page, and why they have the colour that they have."""

import pandas as pd
import pytest

from llmgeo.experiments.probe.opening_pair import opening_pair
from llmgeo.run import pieces
from tests.page.runs import make_run

RECIPE = {"conditions": [{"name": name, "kind": "generate"} for name in ("nucleus", "greedy", "hot")]}
MEASURES = ["step_length", "turning_angle"]
NONE = pd.DataFrame(columns=["contrast", "measure", "layer", "auc"])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


def names(run, *conditions: str) -> list[str]:
    samples = pieces.joined(run.pieces("samples", ("sample", "condition", "window_start")))
    return samples.loc[samples["condition"].isin(conditions) & samples["window_start"].notna(), "sample"].tolist()


def contrast(aucs: dict[tuple[str, int], float], q: float = 0.001) -> pd.DataFrame:
    """Greedy loops (a) against fluent nucleus (b)."""
    sides = {"contrast": "loops", "a": "greedy", "a_conditions": ["greedy"], "a_label": "loop"}
    sides |= {"b": "nucleus", "b_conditions": ["nucleus"], "b_label": "fluent", "status": "ok", "n_a": 3, "n_b": 3}
    numbers = dict.fromkeys(("low", "high", "mean_a", "mean_b"), 0.0) | {"q": q}
    rows = [sides | numbers | {"measure": name, "layer": layer, "auc": auc} for (name, layer), auc in aucs.items()]
    return pd.DataFrame(rows).astype({"layer": "Int64"})


def test_the_colour_tells_best_over_all_texts_past_the_embedding(run):
    table = contrast({("step_length", 0): 0.0, ("step_length", 3): 0.1, ("turning_angle", 2): 0.8, ("gride", 4): 1.0})
    pair = opening_pair(run, names(run, "nucleus", "greedy", "hot"), MEASURES, table, RECIPE)
    assert (pair.left, pair.right) == ("nucleus/p0", "greedy/p0")
    assert (pair.measure, pair.layer) == ("step_length", 3)
    assert "lower in texts like the second in 90 of 100 pairs." in pair.coloured
    by_chance = opening_pair(
        run, names(run, "nucleus", "greedy"), MEASURES, contrast({("step_length", 3): 0.6}, 0.4), RECIPE
    )
    assert "higher in texts like the second in 60 of 100 pairs, which may be chance." in by_chance.coloured


def test_a_loop_that_the_model_wrote_comes_before_one_that_it_read(run):
    recipe = {"conditions": [{"name": "nucleus", "kind": "generate"}, {"name": "greedy", "kind": "read"}]}
    chosen = names(run, "nucleus", "greedy")
    assert "only read" in opening_pair(run, chosen, MEASURES, NONE, recipe).about
    assert "runs into a loop" in opening_pair(run, chosen, MEASURES, NONE, RECIPE).about


def test_without_a_loop_the_conditions_that_differ_most_are_shown_and_this_is_said(run):
    chosen = names(run, "nucleus", "hot")
    pair = opening_pair(run, chosen, MEASURES, NONE, RECIPE)
    samples = pieces.joined(run.pieces("samples", ("condition", "entropy"), chosen))
    lowest = samples.groupby("condition")["entropy"].mean().idxmin()
    assert pair.left == f"{lowest}/p0"
    assert pair.right.endswith("/p0")
    assert pair.right != pair.left
    assert "No text on this page loops" in pair.about


def test_without_a_contrast_the_colour_is_where_the_two_texts_differ_most(run):
    pair = opening_pair(run, names(run, "nucleus", "greedy"), MEASURES, NONE, RECIPE)
    tokens = pieces.joined(run.pieces("tokens", samples=[pair.left, pair.right]))
    gaps = {}
    for measure in MEASURES:
        for layer in range(1, 7):
            one, other = (
                tokens.loc[(tokens["sample"] == name) & (tokens["layer"] == layer), measure].dropna().to_numpy()
                for name in (pair.left, pair.right)
            )
            spread = (one.std(ddof=1) + other.std(ddof=1)) / 2
            gaps[measure, layer] = abs(one.mean() - other.mean()) / spread
    assert (pair.measure, pair.layer) == max(gaps, key=gaps.get)
    assert "these two texts differ most" in pair.coloured


def test_there_is_no_pair_of_one_condition_or_of_nothing_measured(run):
    assert opening_pair(run, names(run, "hot"), MEASURES, NONE, RECIPE) is None
    assert opening_pair(run, [], MEASURES, NONE, RECIPE) is None
    assert opening_pair(run, names(run, "nucleus", "hot"), [], NONE, RECIPE) is None
