"""Another window of a finished run, against a run that was measured on that window in the first place."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.recipe.load import parse_recipe
from llmgeo.run import verify
from llmgeo.user_file import UserFile
from tests import without_torch
from tests.engine.kills import killed_after

SMALL = Path(__file__).parents[3] / "benchmarks" / "small.toml"
RESULTS = ("layers", "contrasts", "claims", "separations", "standing_out")
INNER = ("[window]\ntokens = 12", "[window]\nskip = 4\ntokens = 8")
SHORT = ("[window]\ntokens = 12", "[window]\ntokens = 8")
JUMPS = ('"turning_angle"]', '"turning_angle", "jumps"]')


def recipe(*changes, text=None):
    text = text or SMALL.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_recipe(UserFile("x.toml", text.encode(), SMALL))


def generated_only(*changes):
    """Without the texts that are read, which are read no farther than they are measured."""
    before, rest = SMALL.read_text().split('[[conditions]]\nname = "hot_read"')
    contrasts = rest[rest.index("[[contrasts]]") : rest.index("[[claims]]")]
    return recipe(*changes, text=before + contrasts)


def probe(folder, asked, **options):
    return llmgeo.probe("toy", recipe=asked, batch_size=2, seed=5, limit=4, out=folder, **options)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same texts, measured on several windows; some with their states."""
    folder = tmp_path_factory.mktemp("windows")
    return {
        "whole": probe(folder / "whole", recipe(JUMPS), save_states=True).path,
        "stateless": probe(folder / "stateless", recipe(JUMPS)).path,
        "inner": probe(folder / "inner", recipe(INNER, JUMPS)).path,
        "short": probe(folder / "short", recipe(SHORT, JUMPS), save_states=True).path,
    }


@pytest.fixture
def copy(runs, tmp_path):
    return lambda name: shutil.copytree(runs[name], tmp_path / name)


def results(folder):
    return {name: (folder / "results" / f"{name}.parquet").read_bytes() for name in RESULTS}


def numbers(run, measure, column="value"):
    table = run.layers[run.layers["measure"] == measure]
    return table.set_index(["condition", "layer"])[column].astype(float)


def test_from_kept_states_another_window_gives_the_bytes_of_a_run_measured_on_it(runs, copy):
    folder = copy("whole")
    before = results(folder)
    llmgeo.analyze(folder, recipe=recipe(INNER, JUMPS))
    assert results(folder) == results(runs["inner"])
    assert verify(folder) == []
    llmgeo.analyze(folder)
    assert results(folder) == before
    assert not (folder / "results" / "estimates.parquet").exists()


def test_a_window_longer_than_the_runs_own_is_in_the_states(runs, copy):
    short, whole = copy("short"), copy("whole")
    for folder in (short, whole):
        llmgeo.analyze(folder, recipe=generated_only(JUMPS))
    assert results(short) == results(whole)
    with pytest.raises(UsageError, match="no text was read beyond skip = 0, tokens = 8"):
        llmgeo.analyze(short, recipe=recipe(JUMPS))


def test_other_measures_are_in_the_states(copy):
    folder = copy("whole")
    asked = recipe(JUMPS, ('["length_to_chord"]', '["length_to_chord", "recurrence_rate"]'))
    found = llmgeo.analyze(folder, recipe=asked)
    assert numbers(found, "recurrence_rate").notna().all()
    fresh = probe(folder.parent / "fresh", asked)
    assert results(folder) == results(fresh.path)


def test_without_states_what_depends_on_neighbours_is_averaged_and_the_rest_says_why_not(runs, copy):
    folder = copy("stateless")
    found = llmgeo.analyze(folder, recipe=recipe(INNER, JUMPS))
    inner = llmgeo.open(runs["inner"])
    for measure in ("step_length", "turning_angle"):
        np.testing.assert_allclose(numbers(found, measure), numbers(inner, measure), rtol=1e-6)
        assert numbers(found, measure, "null_low").isna().all()  # a null is measured on the window's own states
    for measure in ("participation_ratio", "jumps", "length_to_chord"):
        of_measure = found.layers[found.layers["measure"] == measure]
        assert set(of_measure["status"]) == {"needs_states"}
        assert of_measure["value"].isna().all()
        assert set(found.contrasts[found.contrasts["measure"] == measure]["status"]) == {"needs_states"}
    for measure in ("entropy", "rep_4"):
        of_window, fresh = (run.contrasts[run.contrasts["measure"] == measure]["auc"] for run in (found, inner))
        np.testing.assert_array_equal(of_window, fresh)
    columns = ["sample", "label", "rep_4", "entropy", "surprisal", "window_start", "window_stop"]
    assert found.results_samples[columns].equals(inner.samples[columns])
    claim, fresh = (run.claims.iloc[0] for run in (found, inner))
    assert claim[["verdict", "effect", "low", "high", "q"]].equals(fresh[["verdict", "effect", "low", "high", "q"]])
    assert found.samples["window_stop"].notna().any()  # what was measured first is as it was
    assert verify(folder) == []


def test_a_claim_that_needs_the_states_says_so(copy):
    folder = copy("stateless")
    found = llmgeo.analyze(folder, recipe=recipe(INNER, JUMPS, ('measure = "turning_angle"', 'measure = "jumps"')))
    claim = found.claims.iloc[0]
    assert (claim["verdict"], claim["status"]) == ("not measured", "needs_states")
    assert "needs the hidden states" in claim["caveat"]


def test_a_window_beyond_what_was_captured_is_refused(runs, copy):
    stateless, short = copy("stateless"), copy("short")
    with pytest.raises(UsageError, match=r"a window of skip = 0, tokens = 12 \(it measured skip = 4, tokens = 8"):
        llmgeo.analyze(runs["inner"], recipe=recipe(JUMPS))
    with pytest.raises(UsageError, match="new_tokens = 48"):
        llmgeo.analyze(short, recipe=recipe(JUMPS, ("new_tokens = 12", "new_tokens = 48")))
    with pytest.raises(UsageError, match="the measure rank_me"):
        llmgeo.analyze(stateless, recipe=recipe(INNER, JUMPS, ('"participation_ratio"', '"rank_me"')))


def test_the_same_question_twice_gives_the_same_bytes(copy):
    folder = copy("whole")
    asked = recipe(INNER, JUMPS)
    llmgeo.analyze(folder, recipe=asked)
    everything = {path.name: path.read_bytes() for path in (folder / "results").iterdir()}
    llmgeo.analyze(folder, recipe=asked)
    assert {path.name: path.read_bytes() for path in (folder / "results").iterdir()} == everything
    assert set(everything) == {"samples.parquet", "estimates.parquet", "recipe.toml"} | {
        f"{name}.parquet" for name in RESULTS
    }


@pytest.mark.parametrize("written", range(9))
def test_a_kill_on_the_way_never_leaves_results_of_one_window_beside_measurements_of_another(
    copy, written, monkeypatch
):
    """The files come in the order recipe, samples, estimates, results; killed before each of them."""
    folder = copy("stateless")
    with killed_after(monkeypatch, written, of=8):
        llmgeo.analyze(folder, recipe=recipe(INNER, JUMPS))
    left = llmgeo.open(folder)
    if (folder / "results" / "layers.parquet").exists():
        assert left.results_samples["window_start"].dropna().gt(left.samples["window_start"].dropna()).all()
        assert left.results_recipe["window"] == {"skip": 4, "tokens": 8}
    llmgeo.analyze(folder)
    assert llmgeo.open(folder).results_recipe is None
    assert sorted(path.stem for path in (folder / "results").iterdir()) == sorted(RESULTS)


def test_averaging_needs_no_torch(copy, tmp_path):
    asked = tmp_path / "inner.toml"
    asked.write_bytes(recipe(INNER, JUMPS).source)
    shown = without_torch.llmgeo("analyze", copy("stateless"), "--recipe", asked)
    assert "window: skip = 4, tokens = 8" in " ".join(shown.split())
