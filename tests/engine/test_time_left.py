"""The time left: nothing before it can be told, then never far off, on runs that were recorded and on made-up ones."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.engine.time_left import LEARNING, TimeLeft

TRACES = Path(__file__).parent / "traces"

SHORT = 10.0
"""Below this many seconds the screens say "a few seconds"."""


def watch(events):
    """The moments of a run from its plan on, with what was said at each, and the moment it ended.

    Args:
        events: (seconds, kind, *arguments) of a progress.
    """
    time_left, said, began = TimeLeft(), [], None
    for now, kind, *arguments in events:
        if kind == "ahead":
            time_left.ahead(*arguments)
            began = now if began is None else began
        elif kind == "phase":
            time_left.begin(*arguments[:2], now=now)
        elif kind == "advance":
            time_left.advance(*arguments, now=now)
        elif kind == "done":
            time_left.end(now=now)
        if began is not None:
            said.append((now, time_left.seconds(now=now)))
    return began, said, now


def factors(events, after=0.1):
    """By what factor each estimate after the first tenth was off, while more than a few seconds were left."""
    began, said, end = watch(events)
    late = [(now, seconds) for now, seconds in said if now - began > after * (end - began) and end - now > SHORT]
    assert late
    assert all(seconds is not None for _, seconds in late), "nothing was said after the first tenth"
    return [max(seconds / (end - now), (end - now) / max(seconds, 1e-9)) for now, seconds in late]


def slowed(events, factor, share=0.5):
    """The same run on a machine that becomes slower by a factor when so much of it has passed."""
    began = next(event[0] for event in events if event[1] == "ahead")
    turn = began + share * (events[-1][0] - began)
    return [(now if now < turn else turn + factor * (now - turn), *rest) for now, *rest in events]


def made_up(units, costs, rehearsed, jitter=(1.0,), ends_early=1.0):
    """A run of units, each a list of (phase, rounds of so many units), whose phases take ``costs`` seconds a unit."""
    now, events, turn = 0.0, [], 0
    left = dict.fromkeys(costs, 0.0)
    for unit in units:
        for phase, total in unit:
            left[phase] += total
    for unit in units:
        events.append((now, "ahead", dict(left), rehearsed))
        for phase, total in unit:
            events.append((now, "phase", phase, total))
            steps = max(1, min(50, round(total * ends_early)))
            for _ in range(steps):
                now += costs[phase] * total * ends_early / steps * jitter[turn % len(jitter)]
                turn += 1
                events.append((now, "advance", total * ends_early / steps))
            left[phase] -= total
    return [*events, (now, "done")]


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*.json.gz")), ids=lambda path: path.name.split(".")[0])
def test_recorded_runs(trace):
    events = json.loads(gzip.decompress(trace.read_bytes()))
    assert max(factors(events)) < 2


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*.json.gz")), ids=lambda path: path.name.split(".")[0])
def test_recorded_runs_on_a_machine_that_becomes_three_times_slower_midway(trace):
    """At the turn, a quarter of the time that the run then takes, nobody can know; a tenth later it must be known."""
    events = slowed(json.loads(gzip.decompress(trace.read_bytes())), 3)
    assert max(factors(events, after=0.25 + 0.1)) < 2


def test_there_are_recorded_runs():
    assert {path.name for path in TRACES.glob("*.json.gz")} >= {"probe.json.gz", "compare.json.gz"}


@pytest.mark.parametrize("units", [1, 2, 8])
@settings(max_examples=30, deadline=None)
@given(
    generating=st.floats(0.005, 0.2),
    reading=st.floats(0.2, 1.0),
    measuring=st.floats(2.0, 40.0),
    wrong=st.tuples(st.floats(0.7, 1.4), st.floats(0.7, 1.4)),
    jitter=st.lists(st.floats(0.6, 1.4), min_size=5, max_size=9),
)
def test_made_up_runs(units, generating, reading, measuring, wrong, jitter):
    """Phases of any cost; a rehearsal that is off by two fifths; steps that take unequally long."""
    mean = sum(jitter) / len(jitter)
    costs = {"generating": generating, "reading": generating * reading, "measuring": generating * measuring}
    costs |= {"contrasting": 2.0}
    rehearsed = {"reading": costs["reading"] * wrong[0], "measuring": costs["measuring"] * wrong[1], "contrasting": 2.0}
    unit = [("generating", 12000), ("measuring", 64), ("reading", 7000), ("measuring", 48)]
    events = made_up([[*unit]] * units, costs, rehearsed, [step / mean for step in jitter])
    assert max(factors(events)) < 2


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_machine_that_becomes_three_times_slower(share):
    """What is left of other phases becomes slower, too; nobody can know before, and soon after it is known."""
    costs = {"generating": 0.006, "reading": 0.004, "measuring": 0.13, "contrasting": 2.0}
    unit = [("generating", 12352), ("measuring", 64), ("reading", 15000), ("measuring", 96)]
    events = slowed(made_up([unit, unit], costs, costs), 3, share)
    began, said, end = watch(events)
    turn = said[-1][0] - 3 * (1 - share) * (end - began) / (share + 3 * (1 - share))
    soon = [(now, seconds) for now, seconds in said if turn + 15 < now < end - SHORT]
    assert soon
    assert all(0.5 < seconds / (end - now) < 2 for now, seconds in soon)


def test_texts_that_end_early_are_expected_to_do_so_again():
    costs = {"generating": 0.01, "measuring": 0.1}
    unit = [("generating", 5000), ("measuring", 64)]
    events = made_up([unit] * 6, costs, {"measuring": 0.1}, ends_early=0.4)
    assert max(factors(events, after=0.2)) < 2


def test_nothing_is_said_of_a_phase_that_nobody_knows():
    time_left = TimeLeft()
    time_left.ahead({"generating": 100, "comparing": 10}, {})
    time_left.begin("generating", 100, now=0.0)
    time_left.advance(90, now=90.0)
    assert time_left.seconds(now=90.0) is None
    assert time_left.done(now=90.0) is None
    time_left.begin("comparing", 10, now=100.0)
    time_left.advance(5, now=110.0)
    assert time_left.seconds(now=110.0) == pytest.approx(10.0, rel=0.1)


def test_nothing_is_said_without_a_plan_or_outside_of_it():
    time_left = TimeLeft()
    time_left.begin("loading", 1, now=0.0)
    time_left.advance(1, now=50.0)
    assert time_left.seconds(now=50.0) is None
    time_left.ahead({"generating": 10}, {})
    time_left.begin("tidying", 10, now=51.0)
    time_left.advance(5, now=90.0)
    assert time_left.seconds(now=90.0) is None


def test_while_nothing_is_heard_the_time_left_counts_down():
    time_left = TimeLeft()
    time_left.ahead({"reading": 4}, {"reading": 10.0})
    time_left.begin("reading", 4, now=0.0)
    time_left.advance(2, now=20.0)
    heard = [time_left.seconds(now=now) for now in (20.0, 25.0, 30.0)]
    assert [before - after for before, after in pairwise(heard)] == pytest.approx([5.0, 5.0])
    assert time_left.seconds(now=1000.0) == 0


def test_one_step_that_takes_long_moves_the_estimate_little():
    """A pause as long as the learning: the mean of ten seconds is not the pace of one."""
    time_left = TimeLeft()
    time_left.ahead({"generating": 10000}, {})
    time_left.begin("generating", 10000, now=0.0)
    for second in range(1, 101):
        time_left.advance(10, now=float(second))
    before = time_left.seconds(now=100.0)
    time_left.advance(10, now=104.0)
    assert before < time_left.seconds(now=104.0) < 1.5 * before
    assert LEARNING < 100


def test_a_plan_that_is_said_anew_holds():
    time_left = TimeLeft()
    time_left.ahead({"generating": 100}, {})
    time_left.begin("generating", 100, now=0.0)
    time_left.advance(50, now=50.0)
    time_left.ahead({"generating": 200}, {})
    time_left.begin("generating", 100, now=50.0)
    assert time_left.seconds(now=50.0) == pytest.approx(200.0)
