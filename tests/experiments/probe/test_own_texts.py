"""A run of texts of one's own, on the toy: what is read, what is measured of it, and what the run keeps."""

import json

import numpy as np
import pandas as pd
import pytest

import llmgeo
from llmgeo.errors import OtherRunError, UsageError
from llmgeo.measuring import measure
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.run_records import as_records
from llmgeo.user_file import UserFile

WORDS = (
    *("the", "lighthouse", "keeper", "had", "not", "spoken", "to", "anyone", "since"),
    *("a", "storm", "came", "over", "those", "hills", "that", "night"),
)
FEW = ["measures.cloud=['participation_ratio', 'two_nn']", "measures.token=['turning_angle', 'jumps']"]


def written(length, seed, repeats=False):
    random = np.random.default_rng(seed)
    words = random.choice(WORDS[:3] if repeats else WORDS, 60)
    return " ".join(words)[:length]


def rows_of(count=14):
    """Two labels in blocks, one of them repetitive; three of fourteen texts of a label are short."""
    return [
        {
            "id": f"{label}-{n}", "text": written(40 if n > 10 and label == "flat" else 90 + n, n, label == "flat"),
            "label": label, "group": f"author {n}", "score": n / 2,
        }
        for label in ("rich", "flat") for n in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, rows_of())), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(toy, file):
    return llmgeo.probe(toy, texts=file, window=80, out=file.parent / "run")


def test_every_text_is_read_as_far_as_it_is_measured(run, toy):
    samples = run.samples.set_index("row")
    assert len(samples) == 28
    row = samples.loc["rich-3"]
    text = next(row["text"] for row in rows_of() if row["id"] == "rich-3")
    assert toy.decode(row["token_ids"]) == row["text"] == text[:81]
    assert (row["window_start"], row["window_stop"], row["prompt_length"]) == (1, 81, 1)
    assert (row["path"], row["condition"], row["prompt"]) == ("read", "rich", "author 3")
    assert row["text_tokens"] == len(text) - 1
    assert json.loads(row["further"]) == {"score": 1.5}
    assert samples["window_start"].isna().sum() == 3


def test_what_is_measured_is_what_the_model_says_of_the_text_alone(run, toy):
    row = run.samples.set_index("row").loc["flat-2"]
    trajectory = toy.read(row["text"])
    alone = measure(trajectory, slice(1, 81), ["participation_ratio", "turning_angle"], toy.dtype, seed=0).estimates
    found = run.estimates[run.estimates["sample"] == row["sample"]].set_index(["measure", "layer"])["value"]
    for estimate in alone:
        assert found[estimate["measure"], estimate["layer"]] == pytest.approx(estimate["value"], rel=1e-3, nan_ok=True)


def test_authors_are_resampled_and_counted(run):
    counts = run.manifest["notes"]["counts"]
    assert (counts["groups"], counts["samples"], counts["too_short"]) == (14, 28, 3)
    assert "prompts" not in counts


def test_the_answer_stands_in_table_records_screen_and_page(run, capsys):
    [row] = run.separations.to_dict("records")
    assert row["answer"] == "told apart"
    assert (row["left_out_a"], row["left_out_b"]) == (0, 3)
    assert as_records(run)["separations"][0]["sentence"] == row["sentence"]
    run.show()
    said = " ".join(capsys.readouterr().out.split())
    assert row["sentence"] in said
    assert "Measured on 80 tokens: 14 of 14 texts of rich and 11 of 14 texts of flat; the other 3 are left out." in said
    assert "The window leaves out 0 of 14 texts of rich and 3 of 14 of flat" in said
    assert "The unit of every interval and q is the group, of which there are 14." in said
    assert "What the papers say" not in said
    page = run.report().read_text(encoding="utf-8")
    assert row["sentence"].removeprefix("Yes: ")[1:] in page
    assert 'id="answers"' in page


def test_the_recipe_is_kept_and_answers_other_questions(run):
    recipe = parse_recipe(UserFile("recipe.toml", run.recipe_source, None))
    assert [condition.label for condition in recipe.conditions] == ["rich", "flat"]
    again = llmgeo.analyze(run, settings=["measures.baselines=['rep_4']"])
    assert again.separations["baseline"].tolist() == ["rep_4"]
    llmgeo.analyze(run)


def test_the_command_that_makes_it_again_names_the_file_and_not_where_it_lay(toy, file, tmp_path):
    run = llmgeo.probe("toy", texts=file, limit=2, out=tmp_path / "run")
    page = run.report().read_text(encoding="utf-8")
    assert "--texts PATH/TO/mine.jsonl" in page
    assert "--limit 2" in page
    assert run.recipe_source.decode().count("fill it") == 1, "the recipe says why its window is what it is"


def test_a_larger_limit_goes_on_and_other_texts_are_another_run(toy, tmp_path):
    rows, out = rows_of(6), tmp_path / "run"
    assert len(llmgeo.probe(toy, texts=pd.DataFrame(rows), window=40, limit=2, out=out).samples) == 4
    more = llmgeo.probe(toy, texts=rows, window=40, limit=5, out=out)
    assert sorted(more.samples["row"]) == sorted(f"{label}-{n}" for label in ("rich", "flat") for n in range(5))
    rows[-1]["text"] += "!"
    with pytest.raises(OtherRunError, match=r"texts\.texts: "):
        llmgeo.probe(toy, texts=rows, window=40, out=out)


def test_an_interrupted_run_goes_on_to_the_same_numbers(toy, file, tmp_path, monkeypatch):
    from llmgeo.experiments.probe import plan

    monkeypatch.setattr(plan, "GIVEN_TEXTS", 4)
    asked = {"texts": file, "window": 40, "limit": 5}
    whole = llmgeo.probe(toy, **asked, out=tmp_path / "whole")
    assert len(whole.units) == 3
    measured = []

    def broken(*arguments):
        measured.append(None)
        if len(measured) > 6:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr("llmgeo.experiments.probe.unit.measure", broken)
    with pytest.raises(KeyboardInterrupt):
        llmgeo.probe(toy, **asked, out=tmp_path / "cut")
    assert len(llmgeo.open(tmp_path / "cut").units) == 1
    monkeypatch.undo()
    monkeypatch.setattr(plan, "GIVEN_TEXTS", 4)
    cut = llmgeo.probe(toy, **asked, out=tmp_path / "cut")
    pd.testing.assert_frame_equal(cut.estimates, whole.estimates)
    pd.testing.assert_frame_equal(cut.separations, whole.separations)


def test_without_labels_there_are_layers_and_texts_that_stand_out(toy, tmp_path, capsys):
    texts = [written(90, n) for n in range(12)] + ["abc " * 24]
    run = llmgeo.probe(toy, texts=texts, out=tmp_path / "run", layers="0,3,6")
    assert run.contrasts.empty
    assert run.separations.empty
    assert set(run.layers["condition"]) == {"texts"}
    assert run.standing_out["sample"].iloc[0] == "row-13-texts"
    assert set(run.standing_out["layer"]) == {3}
    run.show()
    said = capsys.readouterr().out
    assert "Texts that stand out" in said
    assert "Does geometry tell" not in said
    assert "12 of" not in said
    assert "13 of 13 texts" in said


def test_answers_are_measured_behind_their_prompts_and_states_are_kept(toy, tmp_path):
    rows = [{"prompt": f"Question {n}?", "answer": f" {written(50, n)}", "label": "ab"[n % 2]} for n in range(6)]
    run = llmgeo.probe(toy, texts=rows, window=40, out=tmp_path / "run", save_states=True)
    row = run.samples.iloc[0]
    assert (row["prompt_text"], row["window_start"]) == ("Question 0?", len("Question 0?"))
    assert row["text"] == rows[0]["answer"][:40]
    assert run.states(row["sample"]).shape == (7, 51, 64)
    assert "Question 0?" in run.report(umap=False).read_text(encoding="utf-8")


def test_texts_beyond_the_context_are_read_in_parts_that_say_so(toy, tmp_path, capsys):
    long, rest = written(90, 0) * 50, [{"text": written(60, n), "label": "ba"[n % 2]} for n in range(1, 9)]
    run = llmgeo.probe(toy, texts=[{"text": long, "label": "a"}, *rest], window=40, out=tmp_path / "run")
    parts = run.samples[run.samples["row"] == "row-1"]
    count = -(-len(long) // toy.context)
    assert parts["sample"].tolist() == ["row-1-a", *(f"row-1~{n}-a" for n in range(2, count + 1))]
    assert parts["first_token"].tolist() == [toy.context * n for n in range(count)]
    assert set(parts["parts"]) == {count}
    assert set(parts["prompt"]) == {"row-1"}, "however many parts, the text is one case"
    assert parts["text"].tolist() == [long[toy.context * n :][:41] for n in range(count)]
    assert run.samples.loc[run.samples["row"] != "row-1", "part"].isna().all()
    run.show("answers")
    assert f"1 text is longer than the context and was read in {count} parts" in " ".join(
        capsys.readouterr().out.split()
    )


def test_what_the_model_cannot_do_is_told_before_it_is_loaded(monkeypatch):
    monkeypatch.setattr("llmgeo.model.loading.resolve", lambda *_, **__: pytest.fail("the weights are loaded"))
    chat = [{"messages": [{"role": "user", "content": "Why?"}]}]
    with pytest.raises(UsageError, match="text 1: there are messages, and the model's tokenizer has no chat template"):
        llmgeo.probe("toy", texts=chat)
    with pytest.raises(UsageError, match="window=2048: toy reads 2,048 tokens at a time"):
        llmgeo.probe("toy", texts=["a"], window=2048)


# -- in a recipe -------------------------------------------------------------------------------------------------------

MIXED = """
kind = "probe"
name = "mixed"
title = "Texts of mine beside the model's"
[prompts]
file = "coherence.jsonl"
limit = 6
[texts]
limit = 6
[generation]
new_tokens = 24
[window]
tokens = 24
[measures]
cloud = ["participation_ratio"]
token = ["turning_angle"]
baselines = ["entropy"]
[[conditions]]
name = "written"
kind = "generate"
temperature = 1.0
[[conditions]]
name = "model"
kind = "read"
text = "same"
of = "written"
[[conditions]]
name = "mine"
kind = "file"
file = "mine.jsonl"
label = "rich"
[[contrasts]]
name = "mine against the model's"
a = { conditions = ["mine"] }
b = { conditions = ["model"] }
[[claims]]
name = "thinner"
sentence = "Texts of mine are thinner."
source = "nobody"
measure = "participation_ratio"
layers = [3]
a = { conditions = ["mine"] }
b = { conditions = ["model"] }
expect = "a < b"
"""


def test_texts_of_a_file_stand_beside_what_the_model_writes(toy, file, tmp_path, capsys):
    recipe = file.parent / "mixed.toml"
    recipe.write_text(MIXED)
    run = llmgeo.probe(toy, recipe=recipe, out=tmp_path / "run")
    assert run.samples["condition"].value_counts().to_dict() == {"written": 6, "model": 6, "mine": 6}
    assert run.manifest["notes"]["counts"]["prompts"] == 12
    assert run.contrasts["n_a"].max() == run.contrasts["n_b"].max() == 6
    assert run.claims["n_a"].tolist() == [6]
    assert run.separations.empty, "one side of the contrast is no text of a file"
    run.show()
    said = " ".join(capsys.readouterr().out.split())
    assert "What separates the texts best" in said
    assert "Texts of mine are thinner." in said
    run.report()


def test_half_a_float_has_a_noise_floor(toy, file, tmp_path):
    run = llmgeo.probe("toy", texts=file, window=40, limit=3, dtype="bfloat16", out=tmp_path / "run")
    assert run.manifest["noise_floor"]["texts"] == 4
