"""A comparison has what every run has: Ctrl-C, a seed, layers, states, the same bytes again."""

import itertools
import signal

import numpy as np
import pytest

import llmgeo
from llmgeo import run as runs
from llmgeo.engine.progress import Silent
from llmgeo.errors import OtherRunError, UsageError
from llmgeo.texts.prompts import read_prompts
from tests.experiments.compare.pairs import TOKENIZER, changed, quick
from tests.run.units import contents

PROMPTS = 3
BLOCK = 2
UNITS = 3  # two blocks, and the weights


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """Of two prompts instead of sixteen."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("llmgeo.experiments.compare.work.BLOCK", BLOCK)
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The pair as model folders, and the quick recipe as a file: what a command can name."""
    folder = tmp_path_factory.mktemp("pair")
    for name, model in zip(("base", "tuned"), changed(), strict=True):
        model.save_pretrained(folder / name)
        TOKENIZER.save_pretrained(folder / name)
    return folder


def compared(folders, out, limit=PROMPTS, **more):
    pair = (folders / "base", folders / "tuned")
    recipe = quick(cloud=("participation_ratio",))
    return llmgeo.compare(*pair, recipe=recipe, limit=limit, out=out, **more)


@pytest.fixture(scope="module")
def whole(folders, tmp_path_factory):
    return compared(folders, tmp_path_factory.mktemp("whole") / "run")


class CtrlC(Silent):
    """Presses Ctrl-C when the first text of the second block is compared."""

    def __init__(self):
        self.blocks, self.pressed = 0, False

    def phase(self, name, total, unit):
        self.blocks += name == "comparing"

    def advance(self, amount):
        if self.blocks == 1 and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_finishes_the_block_and_the_same_call_the_run(folders, whole, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compared(folders, tmp_path / "run", progress=CtrlC())
    run = runs.open(tmp_path / "run")
    assert (run.status, [unit.name for unit in run.units]) == ("partial", ["block-00000", "weights"])
    assert runs.verify(run.path) == []
    done = compared(folders, run.path)
    assert (done.status, len(done.units)) == ("complete", UNITS)
    assert contents(done.path) == contents(whole.path)


def test_another_seed_is_another_run(folders, whole):
    with pytest.raises(OtherRunError, match="seed"):
        compared(folders, whole.path, seed=7)


def test_a_layer_that_is_not_there_is_named(folders, tmp_path):
    with pytest.raises(UsageError, match="names no layers of this model"):
        compared(folders, tmp_path / "run", layers="9")


def test_layers_and_states_are_those_that_were_asked_for(folders, tmp_path):
    run = compared(folders, tmp_path / "run", limit=2, layers="0,3", save_states=True)
    assert run.layers_kept == (0, 3)
    of_texts = run.estimates["layer"].dropna().unique().tolist()
    assert set(of_texts) <= {0, 3, 6}  # outputs stand at the last layer
    sample = run.samples.query("condition == 'tuned'")["sample"].iloc[0]
    row = run.samples.set_index("sample").loc[sample]
    tuned = llmgeo.load(folders / "tuned")
    np.testing.assert_allclose(
        run.states(sample, layers=3), tuned.read(list(row["token_ids"])).states[3], rtol=1e-4, atol=1e-5
    )


def test_a_comparison_tells_what_it_holds(whole):
    described = whole.describe()
    assert {"weights", "singular_values", "pooled", "points"} <= set(described["table"])
    assert (described["words"] != "").all()
    assert set(whole.samples["condition"]) == {"base", "tuned", "jittered", "pair"}
    kinds = {prompt.id: prompt.kind for prompt in read_prompts("rlhf.jsonl")[:PROMPTS]}
    assert dict(zip(whole.samples["prompt"], whole.samples["prompt_kind"], strict=True)) == kinds
    for (_, before), (_, after) in itertools.pairwise(whole.singular_values.query("rank <= 3").iterrows()):
        if before["matrix"] == after["matrix"]:
            assert before["change_singular_value"] >= after["change_singular_value"]
    assert "weights_value" in whole.to_xarray()
