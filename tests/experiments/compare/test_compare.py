"""Comparisons of toys whose difference was planted: the report must name it, and nothing else."""

import numpy as np
import pandas as pd
import pytest
import torch

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.experiments.compare.summary import count_remarks, summarize_comparison
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.report.story import story
from llmgeo.texts.prompts import read_prompts
from tests.experiments.compare.pairs import TOKENIZER, changed, looping, quick, rotated

LAYERS = 7


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def compared(pair, out, limit=4, recipe=None, **more):
    return llmgeo.compare(*pair, recipe=recipe or quick(), limit=limit, out=out, tokenizer=TOKENIZER, **more)


def by_layer(run, measure, text="neutral", condition="pair", column="value", cloud="text"):
    found = run.layers.query("measure == @measure and text == @text and condition == @condition and cloud == @cloud")
    return found.sort_values("layer")[column].to_numpy(float)


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    return compared(changed(block=2, share=0.3), tmp_path_factory.mktemp("compare") / "run")


def test_one_changed_block_is_named(moved):
    for text in ("neutral", "base_answer", "tuned_answer"):
        residual = by_layer(moved, "unrotated_residual", text)
        assert len(residual) == LAYERS
        assert (residual[:3] == 0).all()
        assert (residual[3:] > by_layer(moved, "unrotated_residual", text, column="null_high")[3:]).all()
    weights, states, grows, _ = summarize_comparison(moved).findings
    assert "most of all block 3" in weights
    assert "identical to the last bit up to layer 2, different from layer 3 on" in states
    assert "grows most at layer 3" in grows


def test_one_sentence_says_in_how_much_the_two_differ(moved):
    neutral = moved.samples.query("text_kind == 'neutral' and condition == 'pair'")["sample"]
    tokens = moved.tokens[moved.tokens["sample"].isin(neutral) & moved.tokens["base_rank"].notna()]
    others = tokens.groupby("sample")["base_rank"].agg(lambda ranks: (ranks > 1).mean()).mean()
    assert summarize_comparison(moved).headline == (
        "The states differ from layer 3 on; on neutral text TUNED's likeliest next token is not BASE's at "
        f"{100 * others:.1f}% of positions."
    )


def test_the_known_change_of_the_weights_is_measured(moved):
    of_matrix = moved.weights.query("matrix == 'model.layers.2.mlp.down_proj.weight'").set_index("measure")
    assert of_matrix.loc["relative_change", "value"] == pytest.approx(0.3, rel=1e-5)
    changes = moved.weights.query("measure == 'relative_change' and value != 0")
    assert changes["matrix"].tolist() == ["model.layers.2.mlp.down_proj.weight"]


def test_every_number_of_a_pair_has_its_floor(moved):
    pair = moved.layers.query("condition == 'pair' and text != 'weights' and cloud != 'texts' and status == 'ok'")
    floors = pair.query("measure != 'mean_shift_cosine' and not measure.str.startswith('difference_')")
    assert floors[["null_low", "null_high"]].notna().all(axis=None)
    overlap = moved.layers.query("measure == 'subspace_overlap_10' and cloud == 'texts' and text == 'neutral'")
    assert overlap["halves"].between(0.01, 0.99).all()


def test_outputs_are_read_position_by_position(moved):
    tokens = moved.tokens[moved.tokens["kl"].notna()]
    kl = tokens.groupby("sample")["kl"].mean()
    stored = moved.estimates.query("measure == 'kl'").set_index("sample")["value"]
    np.testing.assert_allclose(kl.sort_index(), stored.sort_index(), rtol=1e-5)
    shares = moved.layers.query("text == 'neutral'").set_index("measure")["value"]
    assert sum(shares[f"{name}_share"] for name in ("unshifted", "marginal", "shifted")) == pytest.approx(1)
    assert summarize_comparison(moved).positions[0].kl == pytest.approx(tokens["kl"].max(), rel=1e-5)


def test_a_model_against_itself_differs_in_nothing(tmp_path):
    model = toy_model()
    run = compared((model, model), tmp_path / "run", limit=2)
    zero = ["unrotated_residual", "procrustes_distance", "mean_shift", "kl", "js", "entropy_drop", "relative_change"]
    values = run.estimates[run.estimates["measure"].isin(zero)]
    assert len(values)
    assert (values["value"] == 0).all()
    one = ["linear_cka", "neighbour_overlap", "subspace_overlap_10", "unshifted_share"]
    overlaps = run.estimates[run.estimates["measure"].isin(one)]
    assert (overlaps.loc[overlaps["status"] == "ok", "value"] == 1).all()
    assert (run.layers.query("what == 'difference' and status == 'ok'")["value"] == 0).all()
    assert set(run.claims["verdict"]) == {"not measured"}
    assert set(run.claims["status"]) == {"same_model"}
    summary = summarize_comparison(run)
    assert summary.findings == (
        "Weights: no tensor differs.",
        "States: identical to the last bit at all layers, 0 to 6.",
    )
    assert summary.headline == "Nothing differs: the two models have the same states and the same predictions."
    assert story(summary.claims) == "No sentence from a paper was tested: the two models are the same."
    assert not summary.differences
    assert not summary.positions
    assert not summary.curves


def test_a_rotation_is_called_a_rotation(tmp_path):
    run = compared(rotated(), tmp_path / "run", limit=2)
    assert (by_layer(run, "unrotated_residual") > 1).all()
    assert (by_layer(run, "procrustes_distance") < 1e-6).all()
    np.testing.assert_allclose(by_layer(run, "linear_cka"), 1, atol=1e-5)
    assert by_layer(run, "kl", cloud="none")[0] < 1e-6
    assert "a rotation." in summarize_comparison(run).findings[-1]


def test_a_model_that_loops_lives_in_fewer_dimensions(tmp_path):
    recipe = quick(temperature=1.0)
    run = compared(looping(), tmp_path / "run", limit=12, recipe=recipe)
    base = by_layer(run, "participation_ratio", "base_answer", "base")
    tuned = by_layer(run, "participation_ratio", "tuned_answer", "tuned")
    assert (tuned[1:] < 0.5 * base[1:]).all()  # at layer 0 three letters are three points, too few for any dimension
    claim = run.claims.set_index("claim").loc["tuned answers are thinner"]
    remarks = [*count_remarks(summarize_comparison(run).counts)]
    assert "TUNED's answers: 12 of them are loops, measured like the others" in remarks
    assert claim["effect"] < -3
    assert claim["verdict"] == "supported", claim


def test_only_pairs_that_can_be_compared_are(tmp_path):
    with pytest.raises(UsageError, match=r"4 blocks of width 64, .* 6 of width 64.*llmgeo probe"):
        compared((toy_model(layers=4), toy_model()), tmp_path / "run")
    other = toy_tokenizer()
    other.add_tokens(["another"])
    bigger, plain = (llmgeo.load(toy_model(), tokenizer=tokenizer) for tokenizer in (other, TOKENIZER))
    with pytest.raises(UsageError, match="different tokenizers: 1 of 258 tokens"):
        llmgeo.compare(bigger, plain, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_tuned_model_may_know_more_tokens(tmp_path):
    more = toy_tokenizer()
    more.add_tokens(["another"])
    tuned = toy_model()
    tuned.resize_token_embeddings(260)
    run = llmgeo.compare(
        llmgeo.load(toy_model(), tokenizer=TOKENIZER), llmgeo.load(tuned, tokenizer=more),
        recipe=quick(), limit=1, out=tmp_path / "run",
    )  # fmt: skip
    assert run.manifest["vocabulary"] == 257


def test_one_model_at_a_time_gives_the_same_numbers(moved, tmp_path):
    folders = []
    for name, model in zip(("base", "tuned"), changed(block=2, share=0.3), strict=True):
        folders.append(tmp_path / name)
        model.save_pretrained(folders[-1])
        TOKENIZER.save_pretrained(folders[-1])
    run = llmgeo.compare(*folders, recipe=quick(), limit=4, out=tmp_path / "run", one_at_a_time=True)
    pd.testing.assert_frame_equal(run.layers, moved.layers)


def test_more_prompts_go_on_with_the_same_run(moved, tmp_path):
    pair = changed(block=2, share=0.3)
    first = compared(pair, tmp_path / "run", limit=2)
    assert first.manifest["notes"]["counts"]["prompts"] == 2
    assert {first.manifest["notes"]["counts"][name] for name in ("samples", "empty")} == {6, 0}
    again = compared(pair, tmp_path / "run")
    pd.testing.assert_frame_equal(again.layers, moved.layers)
    pd.testing.assert_frame_equal(again.claims, moved.claims)


def test_the_chat_template_is_a_pass_of_its_own(tmp_path):
    tokenizer = toy_tokenizer()
    tokenizer.chat_template = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<answer>"
    model = toy_model()
    run = llmgeo.compare(model, model, recipe=quick(), limit=1, out=tmp_path / "run", tokenizer=tokenizer)
    chat = run.samples[run.samples["sample"].str.contains("-chat_answer-")].set_index("condition")
    base, tuned = chat.loc[["base"]].iloc[0], chat.loc[["tuned"]].iloc[0]
    assert tuned["prompt_length"] > base["prompt_length"]
    assert list(base["token_ids"][base["prompt_length"] :]) == list(tuned["token_ids"][tuned["prompt_length"] :])
    assert set(run.claims["status"]) == {"same_model"}


def test_an_opening_stands_between_a_plain_prompt_and_its_answer(tmp_path):
    model = toy_model()
    run = llmgeo.compare(model, model, recipe=quick(opening="\n!"), limit=1, out=tmp_path / "run", tokenizer=TOKENIZER)
    before = {
        row.sample.rsplit("-", 2)[1]: "".join(row.tokens[: row.prompt_length])
        for row in run.samples[run.samples["condition"] == "base"].itertuples()
        if row.path == "read" and row.token_ids is not None
    }
    [prompt, *_] = read_prompts("rlhf.jsonl")
    assert before["base_answer"] == before["tuned_answer"] == f"{prompt.text}\n!"
    assert "\n!" not in before["neutral"]


def test_a_ladder_is_checked_to_its_end_before_it_begins(tmp_path):
    for name, model in {"one": toy_model(), "two": changed()[1], "shallow": toy_model(layers=3)}.items():
        model.save_pretrained(tmp_path / name)
        TOKENIZER.save_pretrained(tmp_path / name)
    models = [tmp_path / name for name in ("one", "two", "shallow")]
    with pytest.raises(UsageError, match=r"two has 6 blocks of width 64, .*shallow 3"):
        llmgeo.compare(*models, recipe=quick(), limit=2, out=tmp_path / "ladder")
    assert not (tmp_path / "ladder").exists()


def test_a_ladder_compares_each_step_with_the_last(tmp_path):
    base, tuned = changed()
    runs = compared((base, tuned, base), tmp_path / "ladder", limit=2)
    assert [run.path.name for run in runs] == ["1", "2"]
    there, back = (by_layer(run, "unrotated_residual") for run in runs)
    np.testing.assert_allclose(there, back)
