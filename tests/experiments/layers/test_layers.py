"""Clouds of many texts: contexts and their tokens, clouds against closed forms and the estimators themselves, claims on
curves made by hand, and the whole room on the toy."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

import llmgeo
from llmgeo import measures
from llmgeo.cli.app import app
from llmgeo.errors import RecipeError, UsageError
from llmgeo.experiments.layers.claims import claim_tests
from llmgeo.experiments.layers.clouds import OF_PARTS, measure_part, measure_whole
from llmgeo.experiments.layers.contexts import contexts, left_out_of, read_of
from llmgeo.experiments.layers.curves import Measured
from llmgeo.experiments.layers.recipe import Contexts
from llmgeo.recipe import load_recipe
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.manifest import of_manifest
from llmgeo.statistics.verdict import decide
from llmgeo.texts.prompts import Prompt, read_prompts
from llmgeo.user_file import UserFile

TEXTS = 130
CONDITIONS = ("text", "shuffled", "random weights")
DIVISIONS, PARTS = 8, 5


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return llmgeo.probe(
        "toy", recipe="layers", limit=TEXTS, save_states=True, out=tmp_path_factory.mktemp("layers") / "run"
    )


# -- what is read of a text --------------------------------------------------------------------------------------------


def test_a_thousand_contexts_are_there_and_each_has_twenty_tokens(toy):
    prompts = read_prompts("contexts.jsonl")
    assert len(prompts) == 1000
    found = contexts(prompts, Contexts(tokens=20), toy)
    assert {len(context.token_ids) for context in read_of(found)} == {20}
    assert set(left_out_of(found)) <= {"same_context"}  # the toy's tokens are bytes: some begin alike


def test_tokens_are_shuffled_and_nothing_is_lost(toy):
    [context] = contexts([Prompt("a", "abcdefghijklmnopqrstuvwxyz")], Contexts(tokens=26), toy)
    moved = context.shuffled(0, last_stays=False)
    assert sorted(moved) == sorted(context.token_ids) != list(moved)
    assert moved == context.shuffled(0, last_stays=False) != context.shuffled(1, last_stays=False)
    stays = context.shuffled(0, last_stays=True)
    assert (stays[-1], sorted(stays)) == (context.token_ids[-1], sorted(context.token_ids))


def test_special_tokens_stay_in_front():
    class WithStart:
        """A tokenizer of letters that puts 0 before every text."""

        def encode(self, text):
            return (0, *map(ord, text))

        def encode_continuation(self, text):
            return tuple(map(ord, text))

    [context] = contexts([Prompt("a", "abcdef")], Contexts(tokens=4), WithStart())
    assert (context.token_ids, context.special) == ((0, *map(ord, "abcd")), 1)
    assert context.shuffled(3, last_stays=False)[0] == 0
    assert context.state_tokens("last") == slice(4, 5)
    assert context.state_tokens("mean") == slice(1, 5)


def test_a_mark_says_where_the_state_is_taken(toy):
    texts = [Prompt("a", "one two<here> three"), Prompt("b", "no mark at all"), Prompt("c", "o<here>")]
    found = contexts(texts, Contexts(tokens=3, state="marked", mark="<here>"), toy)
    assert [context.left_out for context in found] == [None, "no_mark", "too_short"]
    assert toy.decode(found[0].token_ids) == "two"


def test_whole_texts_keep_their_lengths(toy):
    found = contexts([Prompt("a", "abc"), Prompt("b", "abcdefg"), Prompt("c", "x")], Contexts(), toy)
    assert [len(context.token_ids) for context in read_of(found)] == [3, 7]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('state = "marked"', "contexts.mark = (left out) is needed where state is marked"),
        ('mark = "<here>"', "is allowed only where state is marked"),
        ("tokens = 1", "contexts.tokens"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(table, said):
    source = f'kind = "layers"\nname = "x"\ntitle = "x"\n[prompts]\nfile = "contexts.jsonl"\n[contexts]\n{table}\n'
    with pytest.raises(RecipeError, match=re.escape(said)):
        parse_recipe(UserFile("x.toml", source.encode(), None))


# -- clouds against what was not written here --------------------------------------------------------------------------


def test_a_cloud_reads_what_the_estimators_read_and_its_null_has_the_same_components():
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(400, 6)) @ np.eye(6, 32))
    rows = {row["measure"]: row for row in measure_whole(points, np.arange(400), "float32", seed=0)}
    assert abs(rows["intrinsic_dimension"]["value"] - 6) < 0.5
    assert rows["two_nn"]["value"] == pytest.approx(float(measures.two_nn(points).value))
    covariance = np.linalg.eigvalsh(np.cov(points.numpy().T))[::-1]
    components = int((covariance.cumsum() / covariance.sum() < 0.9).sum()) + 1
    assert rows["pc_dimension"]["value"] == components
    assert abs(rows["pc_dimension"]["null"] - components) <= 1
    part = measure_part(points[None, :80], "float32")
    assert set(part) == set(OF_PARTS)
    assert part["two_nn"][0] == pytest.approx(float(measures.two_nn(points[:80]).value))
    assert np.isnan(part["gride_16_calibrated"]).all()  # 32 neighbours of 80 points are no neighbourhood


def test_points_of_one_group_count_once():
    """Three copies, each a little moved, are three points and one draw: the error of a group is √3 that of a point."""
    generator = np.random.default_rng(1)
    points = np.repeat(generator.normal(size=(120, 8)) * np.arange(1, 9) ** -0.5, 3, axis=0)
    points = torch.from_numpy(points + 0.01 * generator.normal(size=points.shape))
    errors = []
    for groups in (np.arange(360), np.arange(360) // 3):
        [row] = [row for row in measure_whole(points, groups, "float32", 0) if row["measure"] == "pc_dimension"]
        errors.append(row["group_error"] ** 2 - 1 / 12)
    assert errors[1] / errors[0] == pytest.approx(3, rel=0.01)


def test_repeated_states_are_counted_and_have_no_value():
    words = torch.from_numpy(np.random.default_rng(0).normal(size=(40, 8)))
    rows = measure_whole(words.repeat(5, 1), np.arange(200), "float32", 0)
    assert {(row["status"], row["n"], row["n_unique"]) for row in rows} == {("repeated_states", 200, 40)}
    assert all(row.get("value") is None for row in rows)


# -- claims on curves made by hand -------------------------------------------------------------------------------------


def measured(dimensions, spread=0.02, **status):
    """Conditions with a dimension at each layer, the same at every scale, and parts that spread around it.

    Args:
        dimensions: by condition. status: of every cloud of a condition.
    """
    generator = np.random.default_rng(0)
    names = ("pc_dimension", *OF_PARTS)
    clouds, parts = [], []
    for condition, values in dimensions.items():
        for layer, value in enumerate(values):
            for name in names:
                of_name = 100.0 if name == "pc_dimension" else value
                row = {"condition": condition, "layer": layer, "measure": name, "n": 1000, "status": "ok"}
                clouds.append(row | {"value": of_name, "null": 2 * of_name, "group_error": 1.0})
            drawn = value * np.exp(spread * np.sqrt(PARTS) * generator.normal(size=(DIVISIONS, PARTS)))
            for (division, part), of_part in np.ndenumerate(drawn):
                about = {"condition": condition, "layer": layer, "division": division, "part": part, "value": of_part}
                parts += [about | {"measure": name} for name in OF_PARTS]
    table = pd.DataFrame(clouds)
    for condition, why in status.items():
        table.loc[table["condition"] == condition.replace("_", " "), ["status", "value"]] = [why, None]
    return Measured(table, pd.DataFrame(parts), groups=1000)


def verdicts(found, blocks=9):
    """By claim."""
    return {each.test.claim: each for each in decide(claim_tests(load_recipe("layers"), found, blocks))}


PEAK = [5, 8, 12, 16, 20, 24, 20, 16, 12, 8]
RISING = [5, 6, 7, 8, 10, 12, 14, 17, 20, 24]


def test_curves_as_the_papers_have_them_bear_the_papers_out():
    found = verdicts(
        measured({"text": PEAK, "shuffled": [0.5 * value for value in PEAK], "random weights": [10.0] * 10})
    )
    assert {name: each.verdict for name, each in found.items()} == dict.fromkeys(found, "supported")
    peak = found["a peak inside"].test
    assert peak.effect == pytest.approx(24 / 8, rel=1e-6)  # over the higher end
    assert found["the peak is in the middle"].test.effect == pytest.approx(24 / 16, rel=1e-6)  # over layers 3 and 7
    assert found["shuffled lies lower"].test.effect == pytest.approx(0.5, rel=1e-6)
    assert found["flat in a random network"].test.effect == pytest.approx(1.0, abs=1e-6)
    components = found["PC-90 far above the dimension"].test
    assert components.effect == pytest.approx(100 / 24, rel=1e-6)
    assert components.scales.as_predicted == len(components.scales.neighbours) == 5


def test_a_rising_curve_contradicts_them():
    falling = RISING[::-1]
    found = verdicts(measured({"text": RISING, "shuffled": [2 * value for value in RISING], "random weights": falling}))
    names = ("a peak inside", "the peak is in the middle", "shuffled lies lower", "flat in a random network")
    assert [found[name].verdict for name in names] == ["contradicted"] * 4
    assert found["a peak inside"].test.effect == pytest.approx(20 / 24, rel=1e-6)
    assert found["flat in a random network"].test.effect == pytest.approx(24 / 5, rel=1e-6)


def test_a_curve_within_its_errors_decides_nothing():
    found = verdicts(measured({"text": [10.0] * 10, "shuffled": [10.0] * 10, "random weights": PEAK}, spread=0.3))
    assert found["a peak inside"].verdict == found["shuffled lies lower"].verdict == "undecided"


def test_what_is_not_there_is_not_measured():
    found = verdicts(measured({"text": PEAK, "random weights": PEAK}, random_weights="no_random_network"))
    assert found["shuffled lies lower"].verdict == found["flat in a random network"].verdict == "not measured"
    assert found["flat in a random network"].test.status == "no_random_network"
    assert found["shuffled lies lower"].test.status == "not_asked"


# -- the whole room ----------------------------------------------------------------------------------------------------


def test_one_state_of_each_text_at_every_layer(run, toy):
    assert (run.status, len(run.units)) == ("complete", 3)
    assert list(run.samples["condition"].value_counts()) == [TEXTS] * 3
    states = run.arrays("states_of_texts")
    for condition in CONDITIONS[:2]:
        row = run.samples[run.samples["condition"] == condition].iloc[5]
        expected = toy.read(list(row["token_ids"])).states[:, -1]
        np.testing.assert_allclose(states[row["sample"]], expected, rtol=1e-4, atol=1e-5)


def test_its_numbers_are_those_of_its_states(run):
    states = run.arrays("states_of_texts")
    names = run.samples.loc[(run.samples["condition"] == "text") & run.samples["left_out"].isna(), "sample"]
    points = np.stack([states[name][4] for name in names])
    own = run.clouds[(run.clouds["condition"] == "text") & (run.clouds["layer"] == 4)].set_index("measure")["value"]
    assert own["two_nn"] == pytest.approx(float(measures.two_nn(points).value), rel=1e-6)
    assert own["intrinsic_dimension"] == pytest.approx(float(measures.intrinsic_dimension(points).value), rel=1e-6)


def test_shuffled_texts_hold_the_same_tokens_and_random_weights_know_nothing(run):
    ids = {
        name: rows.set_index("prompt")["token_ids"]
        for name, rows in run.samples.dropna(subset=["token_ids"]).groupby("condition")
    }
    assert all(sorted(ids["text"][prompt]) == sorted(ids["shuffled"][prompt]) for prompt in ids["text"].index)
    assert all(list(ids["text"][prompt]) == list(ids["random weights"][prompt]) for prompt in ids["text"].index)
    surprisal = run.samples[run.samples["condition"] == "random weights"]["surprisal"].mean()
    assert abs(surprisal - np.log(257)) < 2


def test_layers_have_bands_and_the_embedding_says_why_it_has_none(run):
    layers = run.layers[run.layers["measure"] == "intrinsic_dimension"]
    assert set(layers["condition"]) == set(CONDITIONS)
    assert set(layers[layers["layer"] == 0]["status"]) == {"repeated_states"}
    above = layers[(layers["layer"] > 0) & layers["value"].notna()]
    assert len(above) >= 6
    assert (above["low"] < above["value"]).all()
    assert (above["value"] < above["high"]).all()
    assert len(run.claims) == 5


def test_the_command_says_what_it_would_do_and_what_it_found(run, tmp_path):
    planned = CliRunner().invoke(
        app, ["probe", "toy", "--recipe", "layers", "--limit", str(TEXTS), "--dry-run", "--format", "json"]
    )
    assert planned.exit_code == 0, planned.output
    plan = json.loads(planned.stdout)
    read = int(run.samples["left_out"].isna().sum()) // 3
    assert plan["read_tokens"] == 3 * 20 * read
    assert plan["state_bytes"] == read * 7 * 64 * 4  # one state of each text at every layer
    for part in ("--all", "--curves", "--scales", "--refused", "--claims"):
        shown = CliRunner().invoke(app, ["show", str(run.path), part])
        assert shown.exit_code == 0, shown.output
    assert "different states" in CliRunner().invoke(app, ["show", str(run.path), "--curves"]).output


def test_its_curves_are_drawn(run):
    pytest.importorskip("matplotlib")
    ax = llmgeo.plots.layers(run, "intrinsic_dimension")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(CONDITIONS)
    assert llmgeo.plots.scales(run, layer=4).get_ylabel()


def test_another_seed_shuffles_anew_and_the_same_gives_the_same(run, tmp_path):
    again = llmgeo.probe("toy", recipe="layers", limit=TEXTS, out=tmp_path / "again")
    pd.testing.assert_frame_equal(again.clouds, run.clouds)
    pd.testing.assert_frame_equal(again.claims, run.claims)


def test_other_claims_are_asked_of_a_finished_run(run):
    recipe = load_recipe("layers", ['claims[0].layers="late third"', "claims[3].most=2.0"])
    answered = llmgeo.analyze(run.path, recipe=recipe)
    assert "late third" in answered.claims["layer_words"][0]
    with pytest.raises(UsageError, match="contexts"):
        llmgeo.analyze(run.path, recipe=load_recipe("layers", ["contexts.tokens=10"]))


def test_texts_that_are_too_short_are_counted_and_not_read(tmp_path):
    file = tmp_path / "own.txt"
    lines = [f"line {number:03d} of a file with one text a line" for number in range(30)]
    file.write_text("\n".join([*lines, "short", lines[3] + " that ends otherwise"]))
    own = llmgeo.probe("toy", recipe="layers", prompts=file, out=tmp_path / "run")
    assert own.manifest["texts_left_out"] == {"too_short": 1, "same_context": 1}
    counts = of_manifest(own, "counts")
    assert (counts["left_out"], counts["failed"]) == (3 * 2, 0)
    with pytest.raises(UsageError, match="20 tokens"):
        llmgeo.probe("toy", recipe="layers", prompts=["a", "b"], out=tmp_path / "none")


def test_the_mean_leaves_the_first_token_out(tmp_path, toy):
    recipe = load_recipe("layers", ['contexts.state="mean"', "beside.shuffled=false", "beside.random_weights=false"])
    own = llmgeo.probe("toy", recipe=recipe, limit=4, save_states=True, out=tmp_path / "run")
    row = own.samples.iloc[0]
    expected = toy.read(list(row["token_ids"])).states[:, 1:].mean(1)
    np.testing.assert_allclose(own.arrays("states_of_texts")[row["sample"]], expected, rtol=1e-4, atol=1e-5)
    assert set(own.clouds["condition"]) == {"text"}
    assert set(own.claims["verdict"]) == {"not measured"}  # four texts are no cloud
