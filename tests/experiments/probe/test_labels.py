"""Labels in a recipe, in a run and in runs of an older rule."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import llmgeo
from llmgeo.errors import OtherRunError, RecipeError, UsageError
from llmgeo.experiments.probe.analysis import counts
from llmgeo.experiments.probe.recipe_tables import Contrast
from llmgeo.recipe.load import parse_recipe
from llmgeo.run import fingerprint
from llmgeo.texts.degeneration import LABELS, RULE, judge, labels_in
from llmgeo.user_file import UserFile

SMALL = Path(__file__).parents[3] / "benchmarks" / "small.toml"
FORMAT_1 = Path(__file__).parents[2] / "run" / "format-1" / "probe"


def labelled(a, b='"fluent"', conditions='["hot", "greedy"]'):
    text = SMALL.read_text()
    for side, own, label in (("a", "hot", a), ("b", "greedy", b)):
        old = f'{side} = {{ conditions = ["{own}"] }}'
        assert old in text
        text = text.replace(old, f"{side} = {{ conditions = {conditions}, label = {label} }}")
    return parse_recipe(UserFile("x.toml", text.encode(), SMALL))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels") / "run"
    return llmgeo.probe("toy", recipe=labelled('["loop", "templated"]'), batch_size=2, seed=5, limit=4, out=folder)


@pytest.mark.parametrize("label", LABELS)
def test_a_side_may_ask_for_any_label(label):
    assert labelled(f'"{label}"', f'"{"loop" if label == "fluent" else "fluent"}"').contrasts[0].a.labels == (label,)


def test_a_side_may_ask_for_several():
    side = labelled('["loop", "templated", "repetitive"]').contrasts[0].a
    assert side.labels == ("loop", "templated", "repetitive")
    assert side.label_words == "loop or templated or repetitive"
    assert labels_in(side.label_words) == side.labels
    assert labelled('"loop"').contrasts[0].a.label_words == "loop"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ('"lop"', "did you mean loop?"),
        ('["loop", "fluet"]', "did you mean fluent?"),
        ("[]", 'is not one of "stopped", "loop"'),
        ("3", "or a list of some of them"),
        ("[3]", "or a list of some of them"),
        ('["loop", "loop"]', "must name each label once"),
        ('["loop", "fluent"]', "one sample would stand against itself"),
    ],
)
def test_what_no_label_is_gets_one_message(label, said):
    with pytest.raises(RecipeError) as caught:
        labelled(label)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_schema_has_every_label_once():
    schema = json.dumps(Contrast.model_json_schema())
    assert all(f'"{label}"' in schema for label in LABELS)


def test_a_run_says_which_rule_labelled_it_and_why_each_text_has_its_label(finished):
    assert finished.label_rule == finished.manifest["label_rule"] == RULE
    assert finished.manifest["fingerprint_fields"]["label_rule"] == RULE
    for row in finished.samples.to_dict("records"):
        window = slice(row["prompt_length"], row["prompt_length"] + 12)
        found = judge(row["token_ids"][window], row["tokens"][window], 12)
        assert (row["label"], row["label_reason"]) == (found.name, found.reason)
        assert ("" if pd.isna(row["label_undecided"]) else row["label_undecided"]) == "; ".join(found.undecided)
    assert finished.contrasts["a"].unique().tolist() == ["hot+greedy (loop or templated)"]
    assert finished.contrasts["a_label"].unique().tolist() == ["loop or templated"]
    assert counts(finished)["loops"] == (finished.samples["label"] == "loop").sum()


def test_a_run_under_another_rule_is_not_gone_on_with(finished, tmp_path):
    folder = shutil.copytree(finished.path, tmp_path / "run")
    manifest = json.loads((folder / "run.json").read_text())
    manifest["fingerprint_fields"]["label_rule"] = 1
    manifest["fingerprint"] = fingerprint(manifest["fingerprint_fields"])
    (folder / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(OtherRunError, match=f"label_rule: 1 in the folder, {RULE} asked for"):
        llmgeo.probe("toy", recipe=labelled('["loop", "templated"]'), batch_size=2, seed=5, limit=4, out=folder)


def test_an_old_run_keeps_its_labels_and_refuses_those_its_rule_does_not_know(tmp_path):
    folder = shutil.copytree(FORMAT_1, tmp_path / "probe")
    before = llmgeo.open(folder)
    assert before.label_rule == 1
    assert set(before.samples["label"]) <= {"loop", "fluent"}
    own = before.manifest["fingerprint_fields"]["recipe"]
    asked = {"kind": "probe", **own}
    side = {"conditions": ["hot", "greedy"]}
    asked["contrasts"] = [{"name": "x", "a": {**side, "label": "loop"}, "b": {**side, "label": "fluent"}}]
    found = llmgeo.analyze(folder, recipe=read(asked))
    pd.testing.assert_series_equal(found.samples["label"], before.samples["label"])
    assert found.contrasts["a_label"].unique().tolist() == ["loop"]
    asked["contrasts"][0]["a"]["label"] = ["loop", "incoherent"]
    with pytest.raises(UsageError, match=r"the label incoherent .*labelled by rule 1, which knows loop, fluent"):
        llmgeo.analyze(folder, recipe=read(asked))


def read(recipe):
    from llmgeo.experiments.probe.recipe import Recipe

    return Recipe.model_validate_json(json.dumps(recipe))
