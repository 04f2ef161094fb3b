"""The room dmet end to end on the toy: what is stored is what was measured, and every command works."""

import sys

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.engine import registry
from llmgeo.engine.runner import plan
from llmgeo.errors import RecipeError, UsageError
from llmgeo.experiments.dmet.analysis import analyze
from llmgeo.experiments.dmet.associations import association_table, replication_table
from llmgeo.experiments.dmet.basis import basis_prompts, fit_bases
from llmgeo.experiments.dmet.beside import beside_table, layer_table
from llmgeo.experiments.dmet.claims import claim_table
from llmgeo.experiments.dmet.names import MEASURES, QUALITIES, SPACES, SURROGATES
from llmgeo.experiments.dmet.path_table import PathTable, path_table
from llmgeo.experiments.dmet.qualities import quality_table, values_of
from llmgeo.measures import longest_h1_bar, mean_step, silhouette, three_phases
from llmgeo.measures.clouds.planes import private_plane
from llmgeo.recipe import load_recipe
from llmgeo.report.page import Options
from llmgeo.report.page.document import page_html
from llmgeo.statistics.partial_rank import partial_rank
from llmgeo.texts import quality
from llmgeo.texts.prompts import Prompt
from tests.experiments.dmet.small import PROMPTS, probe, recipe
from tests.run.units import contents


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:  # whatever this machine has installed
        patched.setitem(sys.modules, "language_tool_python", None)
        quality._checker.cache_clear()
        yield probe(tmp_path_factory.mktemp("dmet") / "run", save_states=True)
    quality._checker.cache_clear()


@pytest.fixture(scope="module")
def table(run):
    return path_table(run)


@pytest.fixture(scope="module")
def windows(run):
    """States [2, 24, D] of the measured tokens, as the run kept them."""
    whole = run.samples.dropna(subset=["window_start"]).set_index("sample")
    return {
        name: torch.as_tensor(run.states(name))[:, int(row.window_start) : int(row.window_stop)].double()
        for name, row in whole.iterrows()
    }


def test_a_run_is_whole(run, windows):
    assert run.status == "complete"
    assert len(run.samples) == 2 * PROMPTS
    assert len(windows) >= 18, "too few texts of the toy are long enough"
    assert run.layers_kept == (3, 6)
    features = run.table("features")
    assert len(features) == len(windows) * 2 * len(SPACES) * (1 + len(SURROGATES)) * len(MEASURES)
    assert {*features["series"]} == {"text", *SURROGATES}
    for name in ("tokens", "estimates", "layers", "surrogates", "qualities", "associations", "replication", "claims"):
        assert len(run.table(name)), name
    assert {planes.shape for planes in run.arrays("planes").values()} == {(2, 2, 24, 2)}


def test_what_is_stored_is_what_the_states_give(run, table, windows):
    for place, layer in enumerate((3, 6)):
        for sample, states in windows.items():
            at = table.texts.index[table.texts["sample"] == sample][0]
            for space, points in (("full", states[place]), ("private", private_plane(states[place]))):
                for function in (mean_step, silhouette, longest_h1_bar, three_phases):
                    stored = table.of(layer, space, "text", function.__name__)[at]
                    assert stored == pytest.approx(float(function(points)), rel=1e-5)
            drawn = run.arrays("planes")[sample][place, 0]
            np.testing.assert_allclose(drawn, private_plane(states[place]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("space", SPACES)
def test_shuffling_leaves_p_to_the_bit_and_q_up_to_its_starts_and_changes_c(table, space):
    of = {name: [table.of(6, space, series, name) for series in ("text", "shuffled")] for name in MEASURES}
    np.testing.assert_array_equal(*of["longest_h1_bar"])
    np.testing.assert_allclose(*of["silhouette"], atol=0.1)
    assert (of["mean_step"][0] != of["mean_step"][1]).all()


def test_the_shared_axes_are_those_of_other_prompts_and_their_share_holds_less_than_all(run, table):
    model, used = llmgeo.load("toy"), run.samples["prompt_text"].unique()
    others = basis_prompts(recipe(), [Prompt(str(at), text) for at, text in enumerate(used)])
    assert len(others) == 3
    assert not {prompt.text for prompt in others} & set(used)
    bases = fit_bases(model, recipe(), others, (3, 6), rows=4)
    assert [basis.axes.shape for basis in bases.values()] == [(8, 64)] * 2
    shared, full = (table.of(6, space, "text", "mean_step") for space in ("shared", "full"))
    assert (shared < full).all()
    states = torch.as_tensor(run.states(table.texts["sample"][0]))[1].double()
    row = run.samples.set_index("sample").loc[table.texts["sample"][0]]
    window = states[int(row["window_start"]) : int(row["window_stop"])]
    assert shared[0] == pytest.approx(float(mean_step(bases[6].coordinates(window))), rel=1e-4)


def test_too_few_other_prompts_are_refused_before_any_work(tmp_path):
    with pytest.raises(UsageError, match=r"takes 3 prompts of .* and 2 are left"):
        probe(tmp_path / "run", limit=126)


def test_texts_are_paired_with_their_own_surrogates(run, table):
    found = run.table("surrogates").set_index(["condition", "layer", "space", "measure", "series"])
    row = found.loc["hot", 6, "full", "mean_step", "shuffled"]
    hot = (table.texts["condition"] == "hot").to_numpy()
    text, null = (table.of(6, "full", series, "mean_step")[hot] for series in ("text", "shuffled"))
    assert row["value"] == pytest.approx(text.mean())
    assert row["null"] == pytest.approx(null.mean())
    assert row["difference"] == pytest.approx((text - null).mean())
    exact = found.loc["all", 6, "full", "longest_h1_bar", "shuffled"]
    assert (exact["difference"], exact["p"]) == (0.0, 1.0)


def test_an_association_is_the_rank_correlation_within_decoders(run, table):
    rows = run.table("associations").set_index(["layer", "space", "measure", "quality", "held"])
    row = rows.loc[6, "full", "mean_step", "log_perplexity", "rep-4"]
    texts = table.texts
    expected = partial_rank(
        table.of(6, "full", "text", "mean_step"),
        texts["surprisal"],
        texts["condition"],
        texts["prompt"],
        texts["rep_4"],
    )
    assert (row["rho"], row["p"], row["n"]) == (expected.rho, expected.p, expected.n)
    claim = run.claims.set_index("claim").loc["smooth"]
    assert (claim["effect"], claim["n_a"]) == (row["rho"], row["n"])
    refused = rows.sort_index().loc[6, "private", "mean_step"]
    assert {*refused["status"]} == {"private_axes"}
    assert refused["rho"].isna().all()


def test_qualities_are_of_the_tokens_that_were_measured(run, table):
    qualities = run.table("qualities")
    assert {*qualities["quality"]} == {*QUALITIES}
    np.testing.assert_allclose(values_of(qualities, "log_perplexity"), table.texts["surprisal"])
    assert {*qualities.loc[qualities["quality"] == "grammar_errors", "status"]} == {"no_grammar_checker"}
    assert all(
        run.samples.set_index("sample").loc[row["sample"], "text"].startswith(row["text"])
        for _, row in table.texts.iterrows()
    )


def test_claims_are_answered_each_in_its_own_way(run, table):
    claims = run.claims.set_index("claim")
    circling = claims.loc["circling"]
    assert circling["verdict"] == "cannot be"
    assert f"the same to the last bit in {len(table.texts)} of {len(table.texts)} texts" in circling["words"]
    assert "function of the distances" in circling["caveat"]
    assert pd.isna(circling["effect"])
    grammar = claims.loc["grammar"]
    assert (grammar["verdict"], grammar["status"]) == ("not measured", "no_grammar_checker")
    phases = claims.loc["phases"]
    difference = table.of(6, "full", "text", "three_phases") - table.of(6, "full", "shuffled", "three_phases")
    assert phases["effect"] == pytest.approx(difference.mean())
    assert "random phases" in phases["caveat"]
    mean = table.of(6, "private", "text", "silhouette").mean()
    assert claims.loc["clusters"]["a_value"] == pytest.approx(mean)
    assert claims.loc["clusters"]["verdict"] == "contradicted"


def test_what_the_last_layer_says_is_not_asked_of_another(tmp_path):
    found = probe(tmp_path / "run", limit=3, layers="2").claims.set_index("claim")
    assert {*found.drop("circling")["status"]} == {"layers_left_out"}
    assert found.loc["circling", "verdict"] == "cannot be"


def test_the_same_command_gives_the_same_bytes_and_goes_on(run, tmp_path):
    again = probe(tmp_path / "again", limit=2, batch_size=4)
    longer = probe(tmp_path / "again", limit=3, batch_size=4)
    assert (len(again.samples), len(longer.samples)) == (4, 6)
    once = probe(tmp_path / "once", limit=3, batch_size=4)
    kept = [name for name in contents(once.path) if name.startswith(("features", "arrays", "samples", "estimates"))]
    assert kept
    for name in kept:
        assert contents(once.path)[name] == contents(longer.path)[name], name


def test_what_is_not_installed_is_not_measured_and_says_so(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "spellchecker", None)
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    monkeypatch.delitem(sys.modules, "statsmodels.regression.mixed_linear_model", raising=False)
    quality._dictionary.cache_clear()
    found = analyze(run, recipe())
    quality._dictionary.cache_clear()
    rows = found["associations"].set_index("quality")
    assert {*rows.loc["dictionary_share", "status"]} <= {"no_word_list", "private_axes"}
    assert {*found["replication"]["status"]} == {"not_installed"}


def test_a_run_without_a_measured_text_has_empty_tables_and_no_verdict():
    facts = {
        "sample": "str",
        "condition": "str",
        "prompt": "str",
        "rep_4": "float",
        "surprisal": "float",
        "text": "str",
    }
    texts = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in facts.items()})
    nothing = PathTable(texts, np.empty((0, 0)), {}, ())
    qualities = quality_table(nothing)
    for frame in (
        qualities,
        beside_table(nothing, ("hot",), 0),
        layer_table(nothing, ("hot",), 0),
        association_table(nothing, qualities, 0),
        replication_table(nothing, qualities),
    ):
        assert frame.empty
    verdicts = claim_table(nothing, qualities, recipe(), 6)["verdict"].tolist()
    assert verdicts == [*["not measured"] * 4, "cannot be"]


def test_page_and_screens_say_what_was_found(run):
    html = page_html(run)
    for name in ("claims", "beside", "phases", "planes", "associations", "replication"):
        assert f'id="{name}"' in html
    assert 'class="claim cannot-be"' in html
    for width in (60, 90, 140):
        shown = CliRunner().invoke(app, ["show", str(run.path), "--all"], env={"COLUMNS": str(width)})
        assert shown.exit_code == 0, shown.output
        said = " ".join(shown.output.split())
        assert "cannot be" in said
        assert "no grammar checker is installed" in said
        assert "Beside surrogates" in said
    first = CliRunner().invoke(app, ["show", str(run.path)])
    assert "rep-4 held" in first.output


def test_texts_that_have_no_room_on_the_page_are_counted(run):
    data = registry.experiment("dmet").page(run, Options(trajectory_bytes=6000)).data["planes"]
    assert len(data["texts"]) + data["left_out"] == len(run.arrays("planes"))
    assert data["left_out"] > 0


def test_a_dry_run_counts_the_texts_of_the_basis():
    found = plan(("toy",), recipe=recipe(), limit=5)
    assert (found.samples, found.generated_tokens, found.read_tokens) == (10, (10 + 3) * 24, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"new_tokens = 24", b"new_tokens = 23"), "reaches beyond generation.new_tokens = 23"),
        ((b'decoder = "nucleus"', b'decoder = "nucleu"'), "no decoder of this recipe; did you mean nucleus"),
        (
            (b'name = "hot"', b'name = "nucleus"'),
            r"decoders\[\d\].name = 'nucleus' is taken by decoders\[0\]",
        ),
        ((b'name = "phases"', b'name = "smooth"'), r"claims\[\d\].name = 'smooth' is taken by claims\[0\]"),
        ((b'space = "full"', b'space = "private"'), "the sign of a comparison turns with the basis"),
        ((b'measure = "mean_step"', b'measure = "mean_steps"'), "is not measured here; did you mean mean_step"),
        ((b"high = 0.81", b"high = 0.5"), "must be above low = 0.71"),
        ((b'measure = "longest_h1_bar"', b'measure = "mean_step"'), "measure"),
        ((b"depths = [0.5, 1.0]", b"depths = [2.0]"), "depths"),
    ],
)
def test_a_faulty_recipe_is_one_message(change, said):
    with pytest.raises(RecipeError, match=said):
        recipe(change)


def test_a_finished_run_answers_other_claims_and_nothing_that_was_not_measured(run):
    experiment = registry.experiment("dmet")
    other = recipe((b'expect = "a < b"', b'expect = "a > b"'))
    assert experiment.answer(run, recipe(), other)["claims"]["expect"].tolist()[1] == "a > b"
    with pytest.raises(UsageError, match="decoders"):
        experiment.answer(run, recipe(), recipe((b"temperature = 1.6", b"temperature = 1.7")))


def test_the_recipe_that_comes_along_measures_what_its_claims_are_about():
    shipped = load_recipe("dmet")
    assert shipped.layers(30) == (18, 30)
    assert {claim.test for claim in shipped.claims} == {"association", "surrogate", "range", "order"}
    assert all(claim.source.startswith("Zhang & Dong 2025") for claim in shipped.claims)
