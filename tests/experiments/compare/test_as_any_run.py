"""A comparison has what every run has: Ctrl-C, several processes, a seed, layers, states, the same bytes again."""

import itertools
import signal

import numpy as np
import pytest

import llmgeo
from llmgeo import run as runs
from llmgeo.engine.progress import Silent
from llmgeo.errors import OtherRunError, UsageError
from llmgeo.recipe import load_recipe
from llmgeo.texts.prompts import read_prompts
from tests.engine.ranks import server
from tests.experiments.compare.pairs import TOKENIZER, changed, quick
from tests.run.units import contents

PROMPTS = 17  # two blocks, and the weights
UNITS = 3

QUICK = load_recipe("rlhf").source.decode().partition("[[claims]]")[0]
QUICK = QUICK.replace("tokens = 48", "tokens = 24").replace("new_tokens = 96", "new_tokens = 24")
QUICK = QUICK.replace('["intrinsic_dimension", "two_nn", "gride", "participation_ratio", "rank_me"]', '["two_nn"]')
QUICK += """
[[claims]]
name = "thinner"
kind = "paired"
sentence = "Tuned answers live in a lower dimension."
source = "Jin 2026"
measure = "two_nn"
a = { reader = "tuned", text = "tuned_answer" }
b = { reader = "base", text = "base_answer" }
expect = "a < b"
"""


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


def test_processes_share_the_blocks_and_finish_what_a_kill_left(folders, tmp_path):
    """Two units for two prompts; one of the processes is killed at its first."""
    (tmp_path / "quick.toml").write_text(QUICK, "utf-8")
    models = [str(folders / name) for name in ("base", "tuned")]
    command = ["compare", *models, "--recipe", str(tmp_path / "quick.toml"), "--limit", "2", "--format", "quiet"]
    with server() as ask:
        left = ask(2, [*command, "--out", str(tmp_path / "run")], {1: "dies"})
        assert left["codes"][1] == -signal.SIGKILL, left
        assert runs.open(tmp_path / "run").status != "complete"
        done = ask(2, [*command, "--out", str(tmp_path / "run")])
        alone = ask(1, [*command, "--out", str(tmp_path / "alone")])
    assert (done["codes"], alone["codes"]) == ([0, 0], [0]), done
    assert measured(tmp_path / "run") == measured(tmp_path / "alone")


def measured(folder):
    """The bytes of all tables and arrays."""
    return {name: data for name, data in contents(folder).items() if name.endswith((".parquet", ".safetensors"))}


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
