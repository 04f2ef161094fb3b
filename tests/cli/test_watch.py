"""`llmgeo watch` on the toy: text and talk apart, events one a line, alarms that note, stop and steer, and Ctrl-C."""

import io
import json
import random
import string
from functools import cache

import pytest
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli import watching
from llmgeo.cli.app import app
from llmgeo.monitor import Monitor, thresholds
from llmgeo.monitor.stream import Watched


@pytest.fixture(autouse=True)
def easily_alarmed(monkeypatch):
    monkeypatch.setattr(thresholds, "UNCALIBRATED", {"text": 0.03})


def watch(*arguments, stdin=None):
    return CliRunner().invoke(app, ["watch", *map(str, arguments)], input=stdin)


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@cache
def greedy(*more):
    return watch("toy", "Once upon", "--temperature", 0, "--tokens", 30, "--format", "json", *more)


def test_text_goes_to_stdout_and_talk_to_stderr():
    result = watch("toy", "Once upon", "--tokens", 12)
    assert result.exit_code == 0
    assert "[watch]" not in result.stdout
    assert "uncalibrated" in result.stderr
    assert "ended: length, 12 tokens" in result.stderr
    [written] = llmgeo.load("toy").generate(["Once upon"], llmgeo.Decoding(12, 0.7, 0.95), seed=0)
    assert result.stdout == watching.safe(written.continuation) + "\n"


def test_events_are_one_a_line_and_carry_every_field():
    noted = events(greedy())
    assert [noted[0]["event"], noted[-1]["event"]] == ["start", "end"]
    assert sum(event["event"] == "token" for event in noted) == 30 == noted[-1]["tokens"]
    alarm = next(event for event in noted if event["event"] == "alarm")
    assert {"channel", "position", "onset", "period", "copies", "score", "threshold", "reason"} <= set(alarm)
    assert noted[-1]["finish_reason"] == "length"
    assert noted[-1]["position"] == alarm["position"]


def test_stop_ends_the_text_at_the_alarm():
    noted, stopped = events(greedy()), events(greedy("--on-alarm", "stop"))
    alarm = next(event for event in noted if event["event"] == "alarm")
    assert stopped[-1]["finish_reason"] == "loop"
    assert stopped[-1]["tokens"] == alarm["position"] + 1
    count = len(stopped) - 1
    assert stopped[1:count] == noted[1:count]


@pytest.mark.parametrize("way", [(), ("--steer-by", "dry"), ("--steer-by", "temperature")])
def test_steer_touches_nothing_before_the_alarm(way):
    noted, steered = events(greedy()), events(greedy("--on-alarm", "steer", *way))
    alarm = next(place for place, event in enumerate(noted) if event["event"] == "alarm")
    assert noted[: alarm + 1][1:] == steered[: alarm + 1][1:]
    assert steered[-1]["steered"] > 0
    assert steered[-1]["tokens"] == 30


def test_the_prompt_may_come_from_stdin():
    given = watch("toy", "Once upon", "--tokens", 5, "--format", "quiet")
    piped = watch("toy", "--tokens", 5, "--format", "quiet", stdin="Once upon\n")
    assert given.stdout == piped.stdout
    assert not given.stderr


def test_ctrl_c_ends_it_cleanly(monkeypatch):
    steps = llmgeo.LanguageModel.stream

    def interrupted(self, *arguments, **more):
        for number, step in enumerate(steps(self, *arguments, **more)):
            if number == 3:
                raise KeyboardInterrupt
            yield step

    monkeypatch.setattr(llmgeo.LanguageModel, "stream", interrupted)
    result = greedy.__wrapped__()
    assert result.exit_code == 130
    assert events(result)[-1] | {"finish_reason": "interrupted", "tokens": 3} == events(result)[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["toy", ""], "the prompt is empty"),
        (["toy", "a", "--channels", "txt"], "no channel 'txt'; did you mean text?"),
        (["toy", "a", "--channels", ","], "--channels is empty"),
        (["toy", "a", "--channels", "states"], "llmgeo watch toy --calibrate"),
        (["toy", "a", "--temperature", "-1"], "--temperature -1"),
        (["toy", "a", "--top-p", "0"], "--top-p 0"),
        (["toy", "a", "--steer-by", "dry"], "add --on-alarm steer"),
        (["toy", "a", "--calibrate"], "leave one of them out"),
        (["toy", "a", "--texts", "x.txt"], "add --calibrate"),
        (["toy", "--calibrate", "--texts", "missing.txt"], "no file missing.txt"),
    ],
)
def test_a_mistake_is_one_message(arguments, said):
    result = watch(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout


def test_hostile_text_does_not_drive_the_terminal(monkeypatch):
    toy = llmgeo.load("toy")
    monitor = Monitor(toy, thresholds={"text": 3.0})
    [step] = toy.stream("a", llmgeo.Decoding(1))
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    out = watching.writer(watching.Format.human, monitor)
    assert isinstance(out, watching.Terminal)
    hostile = "\x1b[2J\u202e[red]\r\x07"
    object.__setattr__(step, "token", hostile)
    out.begin("")
    out.token(Watched(step, (), {"text": 1.0}, None))
    out.end("length")
    assert "\x1b[2J" not in screen.getvalue()
    assert "\\x1b[2J\\u202e[red]\\r\\x07" in screen.getvalue()


def test_a_calibration_is_kept_and_used(tmp_path, monkeypatch):
    """On texts of the user's, read by the toy, whose thresholds mean nothing and are found again."""
    monkeypatch.setenv("LLMGEO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "own.txt").write_text("".join(random.Random(0).choices(string.ascii_letters, k=10_400)))
    result = watch("toy", "--calibrate", "--texts", tmp_path / "own.txt", "--rate", 2)
    assert result.exit_code == 0, result.stderr
    assert "calibrated on" in result.stdout
    assert "false alarms in 1,000 tokens" in result.stdout
    monitor = Monitor(llmgeo.load("toy"), channels=["text", "surprisal", "states"])
    assert monitor.thresholds.origin == "calibrated"
    assert monitor.layer == 3
    for found in monitor.thresholds.calibrations.values():
        assert found.alarms <= 2 * monitor.thresholds.tokens / 1000
        assert found.low <= found.rate <= found.high
    [file] = (tmp_path / "cache" / "monitor").iterdir()
    file.write_text("{}")
    assert "calibrate again" in watch("toy", "a").stderr


def test_too_little_text_is_refused(tmp_path):
    (tmp_path / "own.txt").write_text("A few words only, but fluent ones, and more of them than a line holds.")
    result = watch("toy", "--calibrate", "--texts", tmp_path / "own.txt")
    assert result.exit_code == 2
    assert "needs 10,000 tokens of fluent text" in result.stderr
