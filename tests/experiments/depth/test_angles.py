"""Claims on paths whose truth is planted: what the layers share decides nothing, what a token's own steps do does."""

import numpy as np
import pandas as pd
import pytest
import torch

from llmgeo.experiments.depth.angles.analysis import null_table, path_layers
from llmgeo.experiments.depth.angles.claims import claim_test
from llmgeo.experiments.depth.angles.null_e import angle_nulls, ratio_nulls
from llmgeo.experiments.depth.angles.recipe import AngleClaim
from llmgeo.experiments.depth.angles.unit_paths import TokenGroups, UnitPaths
from llmgeo.measures.paths.depth import OF_ANGLES
from llmgeo.measures.paths.steps import length_to_chord, turning_angle

TEXTS, TOKENS, LAYERS, WIDTH = 12, 10, 6, 32


def planted(bend, seed=0):
    """Paths with a strong common drift, whose steps take back ``bend`` of what the token's own step before added."""
    generator = torch.Generator().manual_seed(seed)
    drift = 3 * torch.randn(LAYERS, WIDTH, generator=generator)
    own = torch.randn(TEXTS * TOKENS, LAYERS, WIDTH, generator=generator)
    for layer in range(1, LAYERS):
        own[:, layer] -= bend * own[:, layer - 1]
    steps = drift + own
    states = torch.cat([torch.zeros_like(steps[:, :1]), steps], 1).cumsum(1)
    return UnitPaths(states, torch.arange(TEXTS).repeat_interleave(TOKENS), TEXTS)


def table_of(paths):
    groups = TokenGroups(("all",), torch.ones(1, len(paths.texts), dtype=torch.bool))
    nulls = angle_nulls(paths, groups, ("depth_turning_angle", "turns_back"), lambda turns: None)
    ratio, _ = ratio_nulls(paths, 6, torch.Generator().manual_seed(0))
    angles = paths.of_tokens(turning_angle(paths.states))
    values = {name: OF_ANGLES[name](angles, WIDTH).mean(1) for name in ("depth_turning_angle", "turns_back")}
    rows = [
        (f"t{text}", turn + 1, measure, float(values[measure][text, turn]), float(nulls[measure, "all"][text, turn]))
        for measure in values
        for text in range(TEXTS)
        for turn in range(LAYERS - 1)
    ]
    of_path = paths.of_tokens(length_to_chord(paths.states)).mean(1)
    rows += [
        (f"t{text}", -1, "depth_length_to_chord", float(of_path[text]), float(ratio[text])) for text in range(TEXTS)
    ]
    table = pd.DataFrame(rows, columns=["sample", "layer", "measure", "value", "null"])
    return table.assign(prompt=table["sample"], frame="raw", tokens="all", status="ok", n=TOKENS)


def test_of(table, measure):
    claim = AngleClaim(name="x", sentence="X.", source="nobody", measure=measure, expect="a > b")
    return claim_test(table, pd.DataFrame(), claim, ("raw",), LAYERS)


test_of.__test__ = False


@pytest.mark.parametrize("measure", ["depth_turning_angle", "turns_back", "depth_length_to_chord"])
def test_common_drift_alone_decides_nothing(measure):
    test = test_of(table_of(planted(bend=0.0)), measure)
    assert test.low < 0 < test.high
    assert test.p > 0.05


@pytest.mark.parametrize("measure", ["depth_turning_angle", "turns_back", "depth_length_to_chord"])
def test_what_tokens_take_back_is_found(measure):
    test = test_of(table_of(planted(bend=0.5)), measure)
    assert test.low > 0
    assert test.p < 0.01


def test_influences_make_the_error_that_of_repeated_worlds():
    """The standard error that one run tells of observed minus null E is the spread over many runs."""
    effects, errors = [], []
    for seed in range(40):
        table = table_of(planted(bend=0.0, seed=seed))
        chosen = table[table["measure"] == "depth_turning_angle"].groupby("sample")[["value", "null"]].mean()
        difference = (chosen["value"] - chosen["null"]).to_numpy()
        effects.append(difference.mean())
        errors.append(difference.std(ddof=1) / np.sqrt(TEXTS))
    assert np.std(effects) == pytest.approx(np.mean(errors), rel=0.3)


def test_layers_have_the_difference_with_its_interval():
    table = table_of(planted(bend=0.5))
    found = path_layers(table)
    one = found[(found["layer"] == 3) & (found["measure"] == "depth_turning_angle")].iloc[0]
    own = table[(table["layer"] == 3) & (table["measure"] == "depth_turning_angle")]
    assert one["excess"] == pytest.approx((own["value"] - own["null"]).mean())
    assert one["low"] < one["excess"] < one["high"]
    assert found[found["measure"] == "depth_length_to_chord"]["layer"].isna().all()


def test_sets_of_several_blocks_are_joined_by_their_paths():
    table = table_of(planted(bend=0.0))
    draws = pd.DataFrame(
        [
            {"block": block, "null": "A", "draw": draw, "layer": None, "measure": "turns_back", "n": n, "value": value,
             "status": "ok"}
            for block, n, values in (("a", 30, (0.4, 0.5)), ("b", 10, (0.8, 0.1)))
            for draw, value in enumerate(values)
        ]
        + [{"block": "b", "null": "D", "draw": None, "layer": None, "measure": "depth_turning_angle", "n": 0,
            "value": np.nan, "status": "no_random_network"}]
    )  # fmt: skip
    found = null_table(draws, table, "raw").set_index("null")
    assert found.loc["A", "value"] == pytest.approx((0.5 + 0.4) / 2)
    assert found.loc["A", "draws"] == 2
    assert found.loc["D", "status"] == "no_random_network"
