"""One count of tokens: the dry run, the headline, the bar and the closing line tell the same of the same run."""

from collections import Counter

import pytest

from llmgeo.engine import registry, runner
from llmgeo.engine.progress import Silent
from llmgeo.engine.tokens import Tokens


class Told(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.notes, self.promised, self.done_of, self.phases = [], None, Counter(), []

    def note(self, text):
        self.notes.append(text)

    def ahead(self, amounts, seconds_each, steps):
        self.promised = self.promised or dict(amounts)

    def phase(self, name, total, unit):
        self.name = name
        self.phases.append((name, total, unit))

    def advance(self, amount):
        self.done_of[self.name] += amount


@pytest.mark.parametrize(
    ("recipe", "subjects", "writing"), [("coherence", ("toy",), "generating"), ("rlhf", ("toy", "toy"), "answering")]
)
def test_all_tell_the_same(recipe, subjects, writing, toy, tmp_path):
    told = Told()
    planned = runner.plan(subjects, recipe=recipe, limit=2)
    run = runner.carry_out(
        (toy,) * len(subjects), recipe=recipe, limit=2, out=tmp_path / "run", progress=told,
        options={"one_at_a_time": False} if len(subjects) > 1 else None,
    )  # fmt: skip
    assert told.phases[0] == ("trying out", 1, "models" if len(subjects) > 1 else "model")
    assert writing in {name for name, *_ in told.phases[1:]}
    tokens = planned.tokens
    assert planned.tokens.ahead() in told.notes[0]
    assert not any("earlier command" in note for note in told.notes)
    assert Tokens(told.promised[writing], told.promised["reading"]) == tokens
    done = Tokens(told.done_of[writing], told.done_of["reading"])
    assert 0 < done.written < tokens.written  # the toy ends some texts early
    assert 0 < done.read <= tokens.read
    if recipe == "coherence":
        counts = run.manifest["notes"]["counts"]
        assert Tokens(counts["tokens_written"], counts["tokens_read"]) == done
        screen = registry.experiment_of(run).screen(run, 80)
        assert done.done() in screen.renderables[0].plain
