"""A bar that lives on a terminal, lines without one; nothing of it may drive the terminal or end the work."""

import io
import re
import sys

import pytest

from llmgeo.cli.output import plain_console
from llmgeo.cli.progress import Bar, Lines, about, on_stderr


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def work(progress, clock, seconds=1.0):
    """A thousand tokens, then ten texts, of which one takes ten tokens' time."""
    progress.ahead({"generating": 1000, "measuring": 10}, {"measuring": seconds}, 2)
    progress.phase("generating", 1000, "tokens")
    for _ in range(100):
        clock.now += seconds
        progress.advance(10)
        yield
    progress.phase("measuring", 10, "texts")
    for _ in range(10):
        clock.now += seconds
        progress.advance(1)
        yield
    progress.done()


def test_lines_are_few_and_say_where_it_is_and_what_is_left(capsys):
    clock = Clock()
    lines = Lines(clock)
    lines.phase("loading", 1, "model")
    lines.note("toy\x1b[2J · coherence")
    list(work(lines, clock))
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["step 1 · loading the model", "toy\\x1b[2J · coherence"]
    assert said[2] == "step 2 of 3 · generating · 100 of 1,000 tokens · 0:10 elapsed · about 1:40 left"
    assert len(said) == 2 + 10
    assert said[-1] == "step 2 of 3 · generating · 1,000 of 1,000 tokens · 1:40 elapsed · about 0:10 left"


def test_a_long_run_says_less_and_less(capsys):
    clock = Clock()
    list(work(Lines(clock), clock, seconds=100.0))
    said = capsys.readouterr().err.splitlines()
    assert len(said) < 40
    assert "left" in said[5]


def test_a_run_of_seconds_says_where_it_begins_and_nothing_else(capsys):
    clock = Clock()
    lines = Lines(clock)
    lines.phase("loading", 1, "model")
    list(work(lines, clock, seconds=0.08))
    assert capsys.readouterr().err == "step 1 · loading the model\n"


def test_no_time_is_told_before_it_can_be(capsys):
    clock = Clock()
    lines = Lines(clock)
    lines.ahead({"generating": 1000, "comparing": 10}, {}, 2)
    lines.phase("generating", 1000, "tokens")
    for _ in range(60):
        clock.now += 1
        lines.advance(10)
    assert "left" not in capsys.readouterr().err


def test_advancing_outside_a_phase_says_nothing(capsys):
    clock = Clock()
    lines = Lines(clock)
    clock.now += 100
    lines.advance(5)
    lines.done()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"), (9.9, "a few seconds"), (10, "about 0:10"), (58, "about 1:00"), (594, "about 9:50"),
        (596, "about 10 min"), (3569, "about 59 min"), (3599, "about 1 h 00 min"), (90000, "about 25 h 00 min"),
    ],
)  # fmt: skip
def test_the_time_left_is_no_more_exact_than_it_can_be_known(seconds, words):
    assert about(seconds) == words


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")


def screen(width):
    console = plain_console(io.StringIO())
    console.width = width
    console._force_terminal = console.is_interactive = True
    return console


def shown(bar):
    return bar.lines().plain.split("\n")


@pytest.mark.parametrize("width", [1, 10, 40, 44, 60, 80, 200])
def test_the_lines_fit_the_terminal(width):
    clock = Clock()
    bar = Bar(screen(width), clock)
    for _ in work(bar, clock, seconds=30.0):
        # What a very narrow terminal cuts off is the end of a line; it is never wrapped onto another one.
        assert all(len(line) < width for line in shown(bar)) or (width < 44 and bar.lines().no_wrap)
    bar.stop()


def test_a_wide_terminal_has_two_lines_and_a_narrow_one_has_the_times_apart():
    seen = {}
    for width in (80, 44):
        clock = Clock()
        bar = Bar(screen(width), clock)
        steps = work(bar, clock)
        for _ in range(50):
            next(steps)
        seen[width] = shown(bar)
        bar.stop()
    assert seen[80] == [
        "━" * 16 + "─" * 20 + "  45% · 0:50 elapsed · about 1:00 left",
        "step 1 of 2 · generating · 500 of 1,000 tokens · 10 tokens/s",
    ]
    assert seen[44] == [
        "━" * 17 + "─" * 21 + "  45%",
        "step 1 of 2 · generating",
        "500 of 1,000 tokens · 10 tokens/s",
        "0:50 elapsed · about 1:00 left",
    ]


def test_the_rate_is_that_of_late():
    clock = Clock()
    bar = Bar(screen(100), clock)
    bar.ahead({"generating": 100000}, {}, 1)
    bar.phase("generating", 100000, "tokens")
    for each, seconds in ((100, 60), (5, 40)):
        for _ in range(seconds):
            clock.now += 1
            bar.advance(each)
    assert shown(bar)[1] == "step 1 of 1 · generating · 6,200 of 100,000 tokens · 5 tokens/s"
    bar.stop()


def test_work_is_counted_over_the_whole_run_and_a_text_that_ends_early_takes_its_rest_away():
    clock = Clock()
    bar = Bar(screen(100), clock)
    for left in (200, 100):
        bar.ahead({"generating": left, "measuring": left / 10, "drawing": 1}, {}, 1 + 2 * left // 100)
        bar.phase("generating", 100, "tokens")
        clock.now += 1
        bar.advance(80)
        said = shown(bar)
        bar.phase("measuring", 10, "texts")
        bar.advance(10)
        bar.done()
    assert said[1] == "step 3 of 5 · generating · 160 of 180 tokens · 80 tokens/s"
    bar.phase("drawing", 1, "page")
    assert shown(bar)[1] == "step 5 of 5 · drawing the page"
    bar.stop()


def test_work_that_is_done_again_counts_once():
    clock = Clock()
    bar = Bar(screen(100), clock)
    for _ in range(2):  # memory ran out: the unit is begun anew
        bar.ahead({"generating": 100}, {}, 1)
        bar.phase("generating", 100, "tokens")
        bar.advance(60)
    assert shown(bar)[1].startswith("step 2 of 2 · generating · 60 of 100 tokens")
    bar.stop()


def test_the_bar_never_goes_back():
    clock = Clock()
    bar = Bar(screen(100), clock)
    shares = []
    for number, _ in enumerate(work(bar, clock)):
        if number == 50:
            clock.now += 200  # the machine was asleep
        shares += re.findall(r"(\d+)%", bar.lines().plain)
    bar.stop()
    assert list(map(int, shares)) == sorted(map(int, shares))
    assert int(shares[-1]) > 90


def test_notes_stay_above_the_bar_and_the_bar_goes_when_the_work_is_done():
    clock = Clock()
    console = screen(100)
    bar = Bar(console, clock)
    bar.phase("generating [b]", 1000, "tokens\x1b[2J")
    bar.note("toy [red]")
    bar._live.refresh()
    bar.stop()
    shown = console.file.getvalue()
    assert "toy [red]" in shown
    assert "generating [b] · 1,000 tokens\\x1b[2J" in shown
    assert shown.endswith("\x1b[2K")  # the lines are cleared
    assert "\x1b[2J" not in shown


def test_without_a_terminal_there_are_lines():
    with on_stderr() as progress:
        assert isinstance(progress, Lines)


def test_quiet_is_silent(capsys):
    with on_stderr(is_silent=True) as progress:
        progress.note("x")
        progress.ahead({"generating": 1}, {}, 1)
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
