"""Results computed again: the same bytes from the same recipe, other answers to other questions, no more than that."""

import json
import shutil
from pathlib import Path

import pytest

import llmgeo
from llmgeo import run as runs
from llmgeo.engine.analyze import analyze
from llmgeo.errors import CorruptRunError, RunError, UsageError
from llmgeo.experiments.probe.tables import DECLARATION
from llmgeo.recipe.load import parse_recipe
from llmgeo.run import journal
from llmgeo.user_file import UserFile
from tests import without_torch
from tests.engine.kills import killed_after

SMALL = Path(__file__).parents[2] / "benchmarks" / "small.toml"
RESULTS = ("layers", "contrasts", "claims")
OTHER_QUESTION = """
[[contrasts]]
name = "shuffled against read"
a = { conditions = ["shuffled"] }
b = { conditions = ["hot_read"] }

[[claims]]
name = "greedy text is straighter"
sentence = "The most probable text runs straighter."
source = "nobody"
measure = "turning_angle"
a = { conditions = ["greedy"] }
b = { conditions = ["hot"] }
expect = "a < b"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return llmgeo.probe("toy", recipe=SMALL, batch_size=2, seed=5, out=tmp_path_factory.mktemp("finished") / "run").path


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def changed(*changes):
    text = SMALL.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_recipe(UserFile("x.toml", text.encode(), None))


def results(folder):
    return {name: (folder / "results" / f"{name}.parquet").read_bytes() for name in RESULTS}


def parts(folder):
    """Every file but the results, and the manifest, which names them."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path: path.read_bytes() for path in files if path.parent.name != "results" and path.name != "run.json"}


def test_the_runs_own_recipe_gives_the_same_bytes_again(run):
    before, measured = results(run), parts(run)
    shutil.rmtree(run / "results")
    analyze(run)
    assert results(run) == before
    assert parts(run) == measured
    assert not (run / "results" / "recipe.toml").exists()


def test_the_runs_own_recipe_given_by_hand_is_no_other_one(run):
    """The recipe says how many prompts to take, the run's own does not: the questions are the same."""
    before = results(run)
    assert analyze(run, recipe=SMALL).results_recipe is None
    assert results(run) == before


def test_other_questions_are_answered_and_the_recipe_kept_beside_the_answers(run):
    before, measured = results(run), parts(run)
    own_questions = SMALL.read_text()[SMALL.read_text().index("[[contrasts]]") :]
    asked = changed((own_questions, OTHER_QUESTION), ('"entropy", "rep_4"', '"surprisal"'))
    answered = analyze(run, recipe=asked)
    assert answered.claims["claim"].tolist() == ["greedy text is straighter"]
    assert answered.claims["baseline"].tolist() == ["surprisal"]
    assert answered.contrasts["contrast"].unique().tolist() == ["shuffled against read"]
    assert set(answered.contrasts["measure"]) >= {"surprisal"}
    assert answered.results_recipe_source == asked.source
    assert answered.recipe_source == SMALL.read_bytes()
    assert parts(run) == measured
    assert runs.verify(run) == []
    back = analyze(run)
    assert results(run) == before
    assert back.results_recipe_source == SMALL.read_bytes()


def test_fewer_conditions_and_measures_are_in_the_run_too(run):
    fewer = changed(
        ('[[conditions]]\nname = "greedy"\nkind = "generate"\ntemperature = 0.0\n', ""),
        ('path = ["length_to_chord"]\n', ""),
        (
            '[[contrasts]]\nname = "hot against greedy"\na = { conditions = ["hot"] }\nb = { conditions = ["greedy"] }',
            "",
        ),
    )
    answered = analyze(run, recipe=fewer)
    assert set(answered.layers["condition"]) == {"hot", "hot_read", "shuffled"}
    assert "length_to_chord" not in set(answered.layers["measure"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("temperature = 1.6", "temperature = 1.5"), "the condition hot with other settings"),
        (('"hot"', '"warm"'), "the condition warm (it has greedy, hot, hot_read, shuffled)"),
        (('"participation_ratio"', '"two_nn"'), "the measure two_nn (it has participation_ratio, step_length"),
        (("new_tokens = 12", "new_tokens = 48"), "new_tokens = 48 (it has 12)"),
    ],
)
def test_what_would_have_to_be_measured_is_refused(run, change, words):
    before = results(run)
    with pytest.raises(UsageError) as caught:
        analyze(run, recipe=changed(change))
    assert words in str(caught.value)
    assert "or measure it: llmgeo probe" in str(caught.value)
    assert results(run) == before


def test_a_partial_run_tells_what_it_has_and_stays_partial(run):
    set_manifest(run, status="partial")
    units, samples = runs.open(run).units, len(runs.open(run).samples)
    journal.rewrite(run, units[:-1])
    opened = analyze(run)
    assert set(opened.samples["sample"]).isdisjoint(units[-1].samples)
    assert (opened.status, len(opened.samples), len(opened.claims)) == ("partial", samples - len(units[-1].samples), 1)


@pytest.mark.parametrize("model", [None, "toy", {"layers": "6"}])
def test_a_manifest_without_the_number_of_layers_is_damage(run, model):
    set_manifest(run, subjects={"model": model})
    with pytest.raises(CorruptRunError, match="does not say how many layers"):
        analyze(run)


def set_manifest(folder, **changes):
    manifest = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_text(json.dumps(manifest | changes))


def test_while_it_is_being_written_it_is_not_analyzed(run):
    with (
        runs.create_or_resume(run, {"kind": "probe"}, b"", runs.open(run).manifest["fingerprint_fields"], DECLARATION),
        pytest.raises(RunError, match="is writing"),
    ):
        analyze(run)


def test_what_is_no_run_of_a_probe(tmp_path):
    with pytest.raises(UsageError, match="is not a run folder"):
        analyze(tmp_path)
    runs.create_or_resume(tmp_path / "other", {}, b"", {"base": "a", "tuned": "b"}, DECLARATION).close()
    with pytest.raises(RunError, match="which this llmgeo does not know"):
        analyze(tmp_path / "other")
    runs.create_or_resume(
        tmp_path / "odd", {"kind": "probe"}, b"", {"model": "a", "recipe": {"name": "x"}}, DECLARATION
    ).close()
    with pytest.raises(CorruptRunError, match="holds no recipe that can be used"):
        analyze(tmp_path / "odd")


def test_a_changed_fingerprint_is_damage(run):
    text = (run / "run.json").read_text()
    (run / "run.json").write_text(text.replace('"temperature": 1.6', '"temperature": 1.5'))
    with pytest.raises(CorruptRunError, match="fingerprint is not that of its fields"):
        analyze(run)


@pytest.mark.parametrize("written", range(4))
def test_a_kill_on_the_way_never_leaves_answers_to_two_recipes(run, written, monkeypatch):
    """Killed before each of the four files: what can be read answers the recipe that lies beside it."""
    asked = changed(('name = "fluent text', 'name = "renamed text'))
    with killed_after(monkeypatch, written, of=4):
        analyze(run, recipe=asked)
    assert len([name for name in RESULTS if (run / "results" / f"{name}.parquet").exists()]) == max(0, written - 1)
    assert (run / "results" / "recipe.toml").exists() == (written > 0)
    assert analyze(run, recipe=asked).claims["claim"].tolist() == ["renamed text runs straighter"]


def test_the_command_needs_no_torch(run):
    shown = without_torch.llmgeo("analyze", run, "--format", "json")
    assert [claim["claim"] for claim in json.loads(shown)["claims"]] == ["fluent text runs straighter"]
