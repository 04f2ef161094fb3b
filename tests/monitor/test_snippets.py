"""Every snippet of docs/watch.md, run as it stands there, on a tiny model that says one token over and over.

transformers is the real one. TRL's trainer, an OpenAI client of a vLLM server and llama.cpp's server are not at hand:
stand-ins call and answer as their documentation says.
"""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.experiments.watch.small import looping_model

PAGE = Path(__file__).parents[2] / "docs" / "watch.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
LOOP = [72, 73, 32, 74, 75, 76, 77] * 40


def snippet(word):
    [found] = [code for code in SNIPPETS if word in code]
    return found


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the page takes for granted: a model, its tokenizer, a prompt."""
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "cache"))
    model = looping_model(tmp_path)
    tokenizer = model.tokenizer
    inputs = tokenizer("Once upon", return_tensors="pt")
    return {"model": model.hf, "tokenizer": tokenizer, "inputs": inputs, "prompt": "Once", "name": "a-model"}


def run(word, names):
    code = f"import llmgeo\n{snippet(word)}"
    exec(compile(code, str(PAGE), "exec"), names)
    return names


def test_none_is_left_out():
    of_transformers = ("outcome(row)", "surprisal", "Dry(", "TextStreamer", "back_off(", "pipeline(")
    of_others = ("no_loops", "client", "requests")
    assert sorted(map(snippet, of_transformers + of_others)) == sorted(SNIPPETS)


def test_generate_ends_and_says_why(names, capsys):
    found = run("outcome(row)", names)
    assert "'finish_reason': 'loop'" in capsys.readouterr().out
    assert found["out"].shape[1] < 1024
    assert found["monitor"].thresholds.origin == "calibrated"


def test_channels_beside_the_text_are_read(names):
    monitor = run("surprisal", names)["monitor"]
    assert monitor.texts[0].tokens == 1024
    assert {alarm.channel for alarm in monitor.alarms[0]} <= {"text", "surprisal"}
    assert monitor.texts[0].scores["surprisal"] == monitor.texts[0].scores["surprisal"]


def test_dry_leads_the_text_away(names):
    monitor = run("Dry(", names)["monitor"]
    assert monitor.alarms[0]
    assert monitor.texts[0].scores["text"] < 1024 / 32


def test_a_streamer_tells(names, capsys):
    run("TextStreamer", names)
    assert "loop at token" in capsys.readouterr().out


def test_what_repeats_is_cut(names, capsys):
    text = run("back_off(", names)["text"]
    assert text.cuts
    assert str(text.thrown) in capsys.readouterr().out


def test_a_pipeline_hands_its_keywords_on(names):
    monitor = run("pipeline(", names)["monitor"]
    assert monitor.outcome()["finish_reason"] == "loop"
    assert monitor.texts[0].tokens < 1024


def test_a_reward_of_trl_is_of_each_rollout(names):
    """As GRPOTrainer calls a reward function: everything by keyword, with columns and state that it need not know."""
    reward = run("no_loops", names)["no_loops"]
    rewards = reward(
        prompts=["a", "b"], completions=["", ""], completion_ids=[LOOP, list(range(40, 120))], trainer_state=None
    )
    assert rewards == [-1.0, 0.0]


def test_a_stream_of_vllm_is_left_at_the_alarm(names):
    sent = []

    def create(*, model, prompt, stream, extra_body):
        assert (model, prompt, stream, extra_body) == ("a-model", "Once", True, {"return_token_ids": True})
        for token in LOOP:
            sent.append(token)
            yield SimpleNamespace(choices=[SimpleNamespace(text="", token_ids=[token])])

    client = SimpleNamespace(completions=SimpleNamespace(create=create))
    monitor = run("client", names | {"client": client})["monitor"]
    assert monitor.outcome()["finish_reason"] == "loop"
    assert len(sent) == monitor.outcome()["position"] + 1 < len(LOOP)


def test_a_stream_of_llama_cpp_is_left_at_the_alarm(names):
    """Server-sent events: a line of data, an empty one."""
    sent = []

    def post(url, *, json, stream):
        assert (url, stream, json["return_tokens"]) == ("http://here/completion", True, True)
        return SimpleNamespace(iter_lines=lines)

    def lines():
        for token in LOOP:
            sent.append(token)
            yield b"data: " + json.dumps({"content": "", "tokens": [token], "stop": False}).encode()
            yield b""

    given = names | {"requests": SimpleNamespace(post=post), "url": "http://here", "json": json}
    monitor = run("requests", given)["monitor"]
    assert monitor.outcome()["finish_reason"] == "loop"
    assert len(sent) == monitor.outcome()["position"] + 1 < len(LOOP)
