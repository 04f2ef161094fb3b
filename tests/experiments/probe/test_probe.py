"""The probe end to end on the toy: what is stored is what was measured, however the work was cut up."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import llmgeo
from llmgeo import measures
from llmgeo.engine.progress import Silent
from llmgeo.engine.runner import plan
from llmgeo.errors import NonFiniteStatesError, OtherRunError, RecipeError, UsageError
from llmgeo.experiments.probe.work import ProbeWork
from llmgeo.measures.catalogue import look_up
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.texts.seeds import sample_seed
from tests.run.units import contents

SMALL = Path(__file__).parents[3] / "benchmarks" / "small.toml"
TABLES = ("samples", "tokens", "estimates", "layers", "contrasts", "claims")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return llmgeo.probe("toy", limit=4, out=tmp_path_factory.mktemp("probe") / "run", save_states=True)


def test_a_run_is_whole(run):
    assert run.status == "complete"
    assert set(run.samples["condition"]) == {
        "nucleus", "cool", "greedy", "hot", "nucleus_read", "shuffled", "repeat"
    }  # fmt: skip
    assert len(run.samples) == 4 * 7
    counts = run.manifest["notes"]["counts"]
    assert counts["samples"] == 28
    assert counts["too_short"] == run.samples["window_start"].isna().sum()
    for table in TABLES:
        assert len(getattr(run, table)), table


class Diary(Silent):
    """A progress that remembers the order of what it was told."""

    def __init__(self):
        self.said = []

    def note(self, text):
        self.said.append(text)

    def phase(self, name, total, unit):
        self.said.append(name)


def test_what_decides_a_claim_is_measured_first_and_all_else_after_it(tmp_path, monkeypatch):
    """The claim of the small recipe needs the texts of one condition, read in two ways; greedy is for no claim."""
    monkeypatch.setattr("llmgeo.experiments.probe.order.SLOW", 0)  # the toy is taken for a larger model
    diary = Diary()
    run = llmgeo.probe("toy", recipe=SMALL, limit=6, out=tmp_path / "run", batch_size=4, progress=diary)
    [verdict] = [said for said in diary.said if said.startswith("6 of 6 prompts")]
    assert run.claims["verdict"][0] in verdict
    [look] = [said for said in diary.said if said.startswith("4 of 6 prompts")] or [None]
    assert look is None or "no verdict yet" in look
    phases = [said for said in diary.said[2:] if said not in (verdict, look)]
    read = ["generating", "measuring", "reading", "measuring"]
    assert phases == [*read, *read, "generating", "measuring", "generating", "measuring", "contrasting"]
    assert diary.said.index(verdict) < len(diary.said) - 5
    assert [unit.name for unit in run.units] == ["00-00000", "00-00001", "01-00000", "01-00001"]


def test_the_order_of_the_units_changes_no_byte(tmp_path, monkeypatch):
    """Whatever comes first: a text depends on its own seed and the size of its batch alone."""
    options = {"recipe": SMALL, "limit": 5, "batch_size": 2, "save_states": True}
    forth = llmgeo.probe("toy", out=tmp_path / "forth", **options)
    units = ProbeWork.units
    monkeypatch.setattr(ProbeWork, "units", lambda work: units(work)[::-1])
    back = llmgeo.probe("toy", out=tmp_path / "back", **options)
    one, other = (contents(run.path) for run in (forth, back))
    assert {key: one[key] for key in one if key != "journal.jsonl"} == {
        key: other[key] for key in other if key != "journal.jsonl"
    }


def test_the_manifest_says_what_may_differ_and_on_what_it_was_measured(run):
    manifest = run.manifest
    assert "On another machine" in manifest["may_differ"]
    assert manifest["machine"]["instructions"] == torch.backends.cpu.get_cpu_capability()
    assert manifest["threads"] == torch.get_num_threads()
    assert {"torch", "transformers", "numpy", "llmgeo", "python"} <= set(manifest["versions"])


def test_stored_estimates_are_those_of_the_stored_states(run):
    samples = run.samples.set_index("sample")
    estimates = run.estimates.set_index(["sample", "measure", "layer"])
    name = samples.index[samples["window_start"].notna()][0]
    window = slice(int(samples.loc[name, "window_start"]), int(samples.loc[name, "window_stop"]))
    states = run.states(name)[:, window]
    for measure in ("two_nn", "participation_ratio"):
        expected = look_up(measure).compute(states).value
        stored = [estimates.loc[(name, measure, layer), "value"] for layer in range(7)]
        np.testing.assert_allclose(stored, expected, rtol=1e-6)
    angle = measures.turning_angle(states).mean(-1)
    stored = [estimates.loc[(name, "turning_angle", layer), "value"] for layer in range(7)]
    np.testing.assert_allclose(stored, angle, rtol=1e-5)
    tokens = run.tokens.query("sample == @name and layer == 3").set_index("token")
    step = (states[3, 1:] - states[3, :-1]).norm(dim=-1)
    assert np.isnan(tokens["step_length"].iloc[0])
    np.testing.assert_allclose(tokens["step_length"].iloc[1:], step, rtol=1e-4)


def test_the_scale_curve_is_stored_beside_the_dimension(run):
    """Every scale of every text and layer, with the status of the curve; no scale is contrasted."""
    name = run.samples["sample"][run.samples["window_start"].notna()].iloc[0]
    sample = run.samples.set_index("sample").loc[name]
    curve = measures.scale_curve(run.states(name)[:, int(sample["window_start"]) : int(sample["window_stop"])])
    estimates = run.estimates[run.estimates["sample"] == name].set_index(["measure", "layer"])
    for place, n1 in enumerate(curve.n1):
        for measure, values in ((f"gride_{n1}", curve.value), (f"gride_{n1}_calibrated", curve.calibrated)):
            stored = estimates.loc[measure].sort_index()
            np.testing.assert_allclose(stored["value"], values[:, place], rtol=1e-6)
            assert stored["null"].notna().all()
    same = estimates.loc["intrinsic_dimension"].sort_index()
    assert same["status"].tolist() == list(curve.status)
    assert same["value"].notna().all()
    bent = run.estimates.query("measure == 'intrinsic_dimension' and status == 'no_plateau'")
    assert len(bent)
    assert run.layers.query("measure == 'intrinsic_dimension'")["no_plateau"].sum() == len(bent)
    assert not run.contrasts["measure"].str.match(r"gride_\d").any()
    assert set(run.layers["measure"]) >= {"gride_1_calibrated", "gride_16_calibrated"}


def test_the_shuffled_text_has_the_same_tokens(run):
    samples = run.samples.set_index(["prompt", "condition"])
    for prompt in run.samples["prompt"].unique():
        read, shuffled = (samples.loc[(prompt, name)] for name in ("nucleus_read", "shuffled"))
        start = int(read["prompt_length"])
        assert list(read["token_ids"][:start]) == list(shuffled["token_ids"][:start])
        assert sorted(read["token_ids"][start:]) == sorted(shuffled["token_ids"][start:])
        assert list(read["token_ids"][start:]) != list(shuffled["token_ids"][start:])


def test_read_and_generated_states_of_one_text_agree_in_float32(run):
    samples = run.samples.set_index(["prompt", "condition"])["sample"]
    for prompt in run.samples["prompt"].unique():
        generated, read = (run.states(samples[(prompt, name)]) for name in ("nucleus", "nucleus_read"))
        torch.testing.assert_close(generated[:, : read.shape[1]], read, rtol=1e-4, atol=1e-3)


def same_tables(one, other):
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), obj=table)


def test_the_same_command_gives_the_same_bytes(tmp_path):
    """Journal, parts, states and results; all but the manifest, which holds the time of day."""
    one, other = (
        llmgeo.probe("toy", recipe=SMALL, limit=3, batch_size=2, save_states=True, out=tmp_path / name).path
        for name in ("one", "other")
    )
    assert contents(one) == contents(other)
    assert {path.split("/")[0] for path in contents(one)} >= {"samples", "tokens", "estimates", "states", "results"}


def test_a_run_that_was_cut_short_goes_on(run, tmp_path):
    """One prompt first, then all: what was measured stays, and the end is the same."""
    llmgeo.probe("toy", limit=1, out=tmp_path / "run", save_states=True)
    same_tables(run, llmgeo.probe("toy", limit=4, out=tmp_path / "run", save_states=True))


def test_small_batches_tell_the_same(run, tmp_path):
    """In float32 the batch around a row moves its states by rounding only."""
    other = llmgeo.probe("toy", limit=2, out=tmp_path / "run", batch_size=4)
    tokens, others = (one.samples.set_index("sample")["token_ids"].map(list) for one in (run, other))
    assert len(others) == 2 * 7
    assert tokens[others.index].tolist() == others.tolist()
    keys = ["sample", "measure", "layer"]
    a, b = (one.estimates.set_index(keys)["value"] for one in (run, other))
    np.testing.assert_allclose(a[b.index], b, rtol=1e-3)


def test_another_fingerprint_is_refused(run):
    with pytest.raises(OtherRunError, match="seed"):
        llmgeo.probe("toy", limit=4, out=run.path, seed=1)


def test_other_texts_under_the_same_ids_are_refused(tmp_path):
    """Lines of a .txt file are called by their numbers: the numbers of other lines would be taken for theirs."""
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("one\ntwo\nthree")
    options = {"recipe": SMALL, "prompts": prompts, "out": tmp_path / "run"}
    llmgeo.probe("toy", limit=1, **options)
    assert len(llmgeo.probe("toy", limit=2, **options).samples["prompt"].unique()) == 2
    prompts.write_text("one\nzwei\nthree")
    with pytest.raises(OtherRunError, match="1 field differs:\n  prompts: "):
        llmgeo.probe("toy", limit=2, **options)


def test_a_prompt_longer_than_the_context_is_named(tmp_path):
    (tmp_path / "long.txt").write_text("word " * 600)
    with pytest.raises(UsageError, match=r"prompt '.*' has \d+ tokens and 192 are to be generated"):
        llmgeo.probe("toy", prompts=tmp_path / "long.txt", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"recipe": "coherense"}, RecipeError),
        ({"prompts": "nothing.txt"}, RecipeError),
        ({"out": "/proc/x"}, UsageError),
    ],
)
def test_what_can_be_known_is_said_before_the_model_is_loaded(arguments, error, monkeypatch):
    monkeypatch.setattr("llmgeo.model.loading.load", lambda *a, **k: pytest.fail("the model was loaded"))
    with pytest.raises(error):
        llmgeo.probe("toy", **arguments)


def test_states_that_are_not_finite_are_named(tmp_path):
    hf = toy_model()
    model = llmgeo.load(hf, tokenizer=toy_tokenizer())
    with torch.no_grad():
        hf.model.layers[1].mlp.down_proj.weight[0, 0] = float("inf")
    (tmp_path / "prompts.txt").write_text("one\ntwo")
    # A token of the prompt, whose states a probe does not keep.
    with pytest.raises(NonFiniteStatesError, match=r"from layer 2, token 0 \('o'\)"):
        llmgeo.probe(model, recipe=SMALL, prompts=tmp_path / "prompts.txt", out=tmp_path / "run")


def test_a_state_of_a_padded_prompt_that_is_not_finite_is_named(tmp_path):
    hf = toy_model()
    model = llmgeo.load(hf, tokenizer=toy_tokenizer())
    with torch.no_grad():  # only now: weights that are not finite are not loaded
        hf.model.embed_tokens.weight[toy_tokenizer()("w")["input_ids"]] = float("nan")
    (tmp_path / "prompts.txt").write_text("one\ntwenty")
    run = llmgeo.probe(model, recipe=SMALL, prompts=tmp_path / "prompts.txt", out=tmp_path / "run")
    errors = run.samples.set_index("sample")["error"].filter(like="line-2-")
    assert len(errors) == 4
    assert errors.str.contains(r"from layer 0, token 1 \('w'\) on").all(), errors.to_dict()


def test_some_layers_have_the_numbers_they_have_among_all(tmp_path, run):
    """The states of layer 4 do not depend on which others are captured."""
    some = llmgeo.probe("toy", limit=2, out=tmp_path / "some", layers="0, 4-5", save_states=True)
    sample = some.samples["sample"].iloc[0]
    assert sorted(some.tokens["layer"].unique()) == [0, 4, 5]
    torch.testing.assert_close(some.states(sample, 4), run.states(sample, 4), rtol=1e-3, atol=1e-3)
    keys = ["sample", "layer", "measure"]
    both = some.estimates.merge(run.estimates, on=keys, suffixes=("", "_all"))
    both = both[(both["status"] == "ok") & (both["measure"] == "step_length")]
    assert set(both["layer"]) == {0, 4, 5}
    np.testing.assert_allclose(both["value"].astype(float), both["value_all"].astype(float), rtol=1e-4)
    with pytest.raises(UsageError, match="layer 3 was not captured"):
        some.states(sample, 3)


@pytest.mark.parametrize("layers", ["7", "3-1", "first", "-1", "", "1,,2"])
def test_layers_that_the_model_does_not_have(layers, tmp_path):
    with pytest.raises(UsageError, match=r"0 \(the embedding output\) to 6"):
        llmgeo.probe("toy", layers=layers, out=tmp_path / "run")


def test_seeds_depend_on_prompt_and_condition_alone():
    assert sample_seed(0, "a", "hot") == sample_seed(0, "a", "hot")
    seeds = {sample_seed(s, p, c) for s in (0, 1) for p in ("a", "b") for c in ("hot", "cool")}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_plan_counts_what_the_run_then_does(run):
    planned = plan(["toy"], recipe="coherence", limit=4)
    samples = run.samples
    assert planned.samples == len(samples)
    read = samples[samples["path"] == "read"]
    whole = read[read["condition"] == "repeat"]
    assert planned.read_tokens == 3 * whole["token_ids"].map(len).sum()
    assert planned.generated_tokens == 4 * 4 * 192
    assert planned.batch_size == run.manifest["batch_size"]


@pytest.mark.parametrize("batch_size", [0, -3, 2.5, "x", True])
def test_a_batch_size_that_is_none_is_refused_before_anything_is_loaded(tmp_path, batch_size):
    with pytest.raises(UsageError, match="give a whole number from 1,"):
        llmgeo.probe("toy", limit=1, batch_size=batch_size, out=tmp_path / "run")
