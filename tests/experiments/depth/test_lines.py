"""The question of lines of thought on the toy: what is stored is what the maps and truncated passes give."""

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

import llmgeo
from llmgeo.experiments.depth.lines.analysis import law_table, map_table, truncation_table
from llmgeo.experiments.depth.lines.claims import claim_test
from llmgeo.experiments.depth.lines.recipe import LineClaim, LinesSection
from llmgeo.experiments.depth.lines.truncating import kept_of
from llmgeo.experiments.depth.screen import first_screen
from llmgeo.experiments.depth.summary import summarize
from llmgeo.measures.pairs.linear_maps import left_over, ridge, rotation_stretch
from llmgeo.model.truncation import truncated_logits
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.page import Options
from llmgeo.report.page.document import page_html
from llmgeo.user_file import UserFile

TEXTS, TOKENS, LAYERS, WIDTH = 8, 20, 6, 64
SOURCE = b"""
kind = "depth"
name = "small"
title = "lines"
[prompts]
file = "coherence.jsonl"
[generation]
new_tokens = 20
[window]
tokens = 20
[texts]
together = 8
[lines]
lags = [1, 2, 9]
shares = [0.25, 1.0]
[[lines.claims]]
name = "recovers"
sentence = "A quarter recovers the output."
source = "nobody"
measure = "truncation_divergence"
expect = "a < b"
[[lines.claims]]
name = "law"
sentence = "Noise has a law."
source = "nobody"
measure = "residual_growth"
expect = "a > b"
"""


def probe(folder, *changes, limit=TEXTS, **options):
    source = SOURCE
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    recipe = parse_recipe(UserFile("small.toml", source, None))
    return llmgeo.probe("toy", recipe=recipe, limit=limit, out=folder, **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return probe(tmp_path_factory.mktemp("lines") / "run", save_states=True)


@pytest.fixture(scope="module")
def windows(run):
    """States [L+1, tokens, D] of the measured tokens, text by text, in the order of the unit."""
    samples = run.samples.dropna(subset=["window_start"])
    return {
        row.sample: torch.as_tensor(run.states(row.sample))[:, int(row.window_start) : int(row.window_stop)].double()
        for row in samples.itertuples()
    }


def halves(windows):
    names = list(windows)
    return (names[0::2], names[1::2]), (names[1::2], names[0::2])


def clouds(windows, names, layer):
    return torch.cat([windows[name][layer] for name in names])


def test_maps_are_fitted_to_one_half_and_asked_of_the_other(run, windows):
    table = run.table("map_texts").set_index(["sample", "map", "lag", "layer"])["residual"]
    for own, others in halves(windows):
        for lag, layer in ((1, 2), (2, 6)):
            given, wanted = (clouds(windows, others, at) for at in (layer - lag, layer))
            for name, found in (("rotation_stretch", rotation_stretch(given, wanted)), ("ridge", ridge(given, wanted))):
                for sample in own:
                    left = windows[sample][layer] - found.of(windows[sample][layer - lag])
                    assert table[sample, name, lag, layer] == pytest.approx(float(left.square().mean()), rel=1e-4)


def test_no_change_is_what_is_left_of_the_variance(run, windows):
    maps = run.table("maps").set_index(["map", "lag", "layer"])
    parts = [clouds(windows, own, layer) for own, _ in halves(windows) for layer in (2, 3)]
    expected = [left_over(before, after) for before, after in (parts[:2], parts[2:])]
    # ours stands beside the other half's mean, which lies a little farther off
    assert maps.loc[("no_change", 1, 3), "left"] == pytest.approx(np.mean(expected), rel=0.1)


def test_random_signs_are_the_mean_over_signs(run, windows):
    table = run.table("map_texts").set_index(["sample", "map", "lag", "layer"])["residual"]
    own, others = halves(windows)[0]
    found = rotation_stretch(clouds(windows, others, 1), clouds(windows, others, 2))
    signed = [windows[own[0]][2] - sign * found.of(windows[own[0]][1]) for sign in (1, -1)]
    assert table[own[0], "random_signs", 1, 2] == pytest.approx(
        np.mean([float(left.square().mean()) for left in signed]), rel=1e-4
    )


def test_a_lag_beyond_the_last_layer_is_left_out(run):
    assert sorted(run.table("maps")["lag"].unique()) == [1, 2]


def test_truncated_outputs_are_those_of_the_other_halfs_components(run, windows):
    model = llmgeo.load("toy")
    table = run.table("truncated_texts").set_index(["sample", "share"])
    own, others = halves(windows)[1]
    axes = []
    for layer in range(1, LAYERS + 1):
        points = clouds(windows, others, layer)
        axes.append(torch.linalg.svd(points, full_matrices=False).Vh.T)
    row = run.samples.set_index("sample").loc[own[0]]
    ids = list(row["token_ids"])[: int(row["window_stop"])]
    whole, cut = truncated_logits(model, ids, axes, [kept_of(0.25, WIDTH)]).double().log_softmax(-1)
    found = table.loc[(own[0], 0.25)]
    assert found["divergence"] == pytest.approx(float((cut.exp() * (cut - whole)).sum()), rel=1e-3)
    assert found["same_top"] == float(cut.argmax() == whole.argmax())


def test_all_dimensions_give_the_output(run):
    table = run.table("truncation").set_index("share")
    assert table.loc[1.0, "divergence"] < 1e-5
    assert table.loc[1.0, "same_top"] == 1
    assert table.loc[0.25, "divergence"] > 0.01


def test_other_texts_are_the_yardstick(run):
    table = run.table("truncation")
    assert len(table) == 3
    yardstick = table[table["share"].isna()].iloc[0]
    assert yardstick["of_other_texts"] == 1
    assert yardstick["divergence"] > 0.1


def test_fewer_points_than_dimensions_have_a_reason(tmp_path):
    found = probe(
        tmp_path / "run", (b"new_tokens = 20", b"new_tokens = 12"), (b"tokens = 20\n[texts]", b"tokens = 12\n[texts]")
    )
    maps = found.table("maps").set_index("map")
    assert maps.loc["rotation_stretch", "status"].unique().tolist() == ["too_few_points"]
    assert maps.loc["ridge", "left"].notna().all()
    cut = found.table("truncation").set_index("share")
    assert cut.loc[0.25, "divergence"] > 0
    assert cut.loc[1.0, "status"] == "too_few_points"
    assert found.claims.set_index("claim").loc["law", "status"] == "too_few_points"


def test_few_texts_measure_nothing_and_say_so(tmp_path):
    found = probe(tmp_path / "run", limit=3)
    assert set(found.table("truncation")["status"]) == {"too_few_points"}
    assert set(found.claims["verdict"]) == {"not measured"}


def test_a_page_and_a_screen_tell_of_it(run):
    html = page_html(run, Options())
    assert "Lines of thought" in html
    assert "layerCurves" in html
    console = Console(width=90, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(first_screen(run, summarize(run), 90))
    said = console.export_text()
    assert "of other texts" in said
    assert "rotation and stretch" in said


# --- planted tables ---------------------------------------------------------------------------------------------------


def planted_maps(rate, own_rate, texts=12, blocks=10, seed=0):
    """What maps leave of texts whose residual and variance grow at known rates."""
    generator = np.random.default_rng(seed)
    rows = []
    for text in range(texts):
        size = np.exp(0.3 * generator.normal(size=2))
        for layer in range(2, blocks + 1):
            wobble = np.exp(0.05 * generator.normal(size=2))
            values = {
                "rotation_stretch": size[0] * np.exp(rate * layer) * wobble[0],
                "mean": size[1] * np.exp(own_rate * layer) * wobble[1],
                "no_change": 0.1 * size[1] * np.exp(own_rate * layer),
                "ridge": 0.1 * size[1] * np.exp(own_rate * layer),
            }
            rows += [
                {"sample": f"t{text}", "prompt": f"t{text}", "map": name, "lag": 1, "layer": layer, "n": 9,
                 "residual": value, "status": "ok"}
                for name, value in values.items()
            ]  # fmt: skip
    return pd.DataFrame(rows)


def planted_cut(divergence, same, texts=12, seed=0):
    generator = np.random.default_rng(seed)
    rows = []
    for text in range(texts):
        of_text = {"sample": f"t{text}", "prompt": f"t{text}", "status": "ok"}
        rows.append(of_text | {"share": 0.25, "kept": 16, "divergence": divergence * generator.gamma(9) / 9,
                               "same_top": float(text < same * texts)})  # fmt: skip
        rows.append(
            of_text | {"share": np.nan, "kept": np.nan, "divergence": 4 * generator.gamma(9) / 9, "same_top": 0.0}
        )
    return pd.DataFrame(rows)


def answer(measure, maps, cut, **options):
    claim = LineClaim(name="x", sentence="X.", source="nobody", measure=measure, **{"expect": "a > b", **options})
    return claim_test(maps, cut, claim, 10)


@pytest.mark.parametrize(("rate", "own_rate", "sign"), [(0.3, 0.1, 1), (0.1, 0.3, -1), (0.2, 0.2, 0)])
def test_a_law_of_its_own_is_told_from_the_states(rate, own_rate, sign):
    test = answer("residual_growth", planted_maps(rate, own_rate), planted_cut(1, 1))
    assert test.effect == pytest.approx(rate - own_rate, abs=0.02)
    assert (test.low > 0) - (test.high < 0) == sign
    assert test.layers == tuple(range(2, 10))


def test_laws_are_the_planted_ones():
    law = law_table(planted_maps(0.3, 0.1), 10).iloc[0]
    assert law["rate"] == pytest.approx(0.3, abs=0.01)
    assert law["own_rate"] == pytest.approx(0.1, abs=0.01)
    assert law["fit"] > 0.99


def test_rotation_and_stretch_stand_beside_no_change():
    test = answer("rotation_stretch_left", planted_maps(0.2, 0.2), planted_cut(1, 1), expect="a < b")
    assert test.a.value > test.b.value == pytest.approx(0.1, rel=0.1)
    assert test.low > 0


@pytest.mark.parametrize(("divergence", "is_below"), [(0.5, True), (4.0, False)])
def test_truncation_stands_beside_half_of_other_texts(divergence, is_below):
    test = answer("truncation_divergence", planted_maps(0.2, 0.2), planted_cut(divergence, 1), expect="a < b")
    assert (test.high < 0) is is_below
    assert test.b.value == pytest.approx(2, rel=0.3)


def test_first_choices_stand_beside_one_half():
    assert answer("truncation_same_top", planted_maps(0.2, 0.2), planted_cut(1, 1)).effect == 0.5
    assert answer("truncation_same_top", planted_maps(0.2, 0.2), planted_cut(1, 0.5)).effect == 0


def test_a_share_or_a_lag_that_was_not_asked_for_is_told():
    maps, cut = planted_maps(0.2, 0.2), planted_cut(1, 1)
    assert answer("truncation_divergence", maps, cut, share=0.3).status == "not_asked"
    assert answer("rotation_stretch_left", maps, cut, lag=3).status == "not_asked"
    assert answer("residual_growth", maps, cut, layers=[2, 3]).status == "layers_left_out"


def test_tables_of_planted_texts_have_their_means():
    maps = map_table(planted_maps(0.2, 0.1), pd.DataFrame())
    row = maps[(maps["map"] == "ridge") & (maps["layer"] == 4)].iloc[0]
    assert row["left"] == pytest.approx(0.1, rel=0.05)
    assert row["low"] <= row["left"] <= row["high"]
    cut = truncation_table(planted_cut(1, 1)).iloc[0]
    assert cut["kept"] == 16
    assert cut["low"] < cut["divergence"] < cut["high"]


@pytest.mark.parametrize("field", [{"lags": [0]}, {"shares": [1.5]}, {"shares": []}])
def test_what_cannot_be_asked_is_refused(field):
    with pytest.raises(ValueError, match=next(iter(field))):
        LinesSection(**field)
