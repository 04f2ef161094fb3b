"""Bars on a terminal, lines without one; nothing of it may drive the terminal or end the work."""

import io
import sys

import pytest

from llmgeo.cli.output import plain_console
from llmgeo.cli.progress import EVERY, Bars, Lines, on_stderr


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_lines_say_start_end_and_seldom_between(capsys):
    clock = Clock()
    lines = Lines(clock)
    lines.note("toy\x1b[2J · coherence")
    lines.phase("generating", 1000, "tokens")
    for _ in range(50):
        clock.now += 1
        lines.advance(10)
    lines.phase("measuring", 4, "texts")
    clock.now += 2
    lines.done()
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "toy\\x1b[2J · coherence"
    assert said[1] == "generating: 1,000 tokens"
    assert said[2] == "generating: 100 of 1,000 tokens, about 1:30 left"
    assert len(said) == 1 + 1 + 50 // EVERY + 1 + 2
    assert said[-3:] == ["generating: done in 0:50", "measuring: 4 texts", "measuring: done in 0:02"]


def test_advancing_outside_a_phase_says_nothing(capsys):
    clock = Clock()
    lines = Lines(clock)
    clock.now += 100
    lines.advance(5)
    lines.done()
    assert capsys.readouterr().err == ""


@pytest.fixture
def screen():
    console = plain_console(io.StringIO())
    console.width = 100
    console._force_terminal = True
    return console


def test_a_bar_is_full_when_its_phase_is_over(screen):
    bars = Bars(screen)
    bars.note("toy [red]")
    bars.phase("generating", 1000, "tokens")
    bars.advance(300)  # the rest was not needed
    bars.phase("measuring", 4, "texts")
    bars.advance(4)
    bars.phase("generating", 500, "tokens")
    bars.done()
    bars.stop()
    shown = screen.file.getvalue()
    assert "toy [red]" in shown
    assert "generating (2)" in shown
    assert "500 of 500 tokens" in shown
    assert "4 of 4 texts" in shown


def test_without_a_terminal_there_are_lines():
    with on_stderr() as progress:
        assert isinstance(progress, Lines)


def test_quiet_is_silent(capsys):
    with on_stderr(is_silent=True) as progress:
        progress.note("x")
        progress.phase("generating", 1, "token")
        progress.advance(1)
        progress.done()
    assert capsys.readouterr().err == ""


def test_a_reader_of_stderr_that_left_does_not_end_the_work(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    Lines().note("x")
