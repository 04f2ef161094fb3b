"""The coloured text of one sample: which text, which values, which signs; plain without colour, literal always."""

import io

import numpy as np
import pytest
from rich.console import Group

from llmgeo.cli.output import plain_console, rendered
from llmgeo.errors import UsageError
from llmgeo.report.token_text import LEVELS, token_text
from llmgeo.report.token_text_view import GROUNDS, JUMP, coloured
from tests.page.hostile import STRINGS
from tests.page.runs import LAYERS, PROMPT, WINDOW, make_run
from tests.report.synthetic import make_run as make_run_without_tokens


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "plain", states=False)


def screen(shown, width=60, colour=False, monkeypatch=None):
    console = plain_console(io.StringIO())
    console.width = width
    if colour:
        console._force_terminal, console.no_color = True, False
        console._color_system = console._detect_color_system() or 3
    return rendered(lambda width: Group(*coloured(shown)), console)


def test_left_to_itself_it_takes_the_first_loop_and_says_so(run):
    shown = token_text(run)
    assert (shown.sample, shown.label, shown.why) == ("greedy/p0", "loop", "the first loop of this run")
    assert (shown.measure, shown.layer) == ("step_length", LAYERS // 2)
    assert "greedy, loop; the first loop of this run. Others: --sample" in screen(shown, 120)


@pytest.mark.parametrize("measure", ["step_length", "turning_angle", "jumps"])
@pytest.mark.parametrize("layer", [0, 5])
def test_values_and_jumps_are_those_of_the_table(run, measure, layer):
    shown = token_text(run, "hot/p1", measure, layer)
    table = run.tokens[(run.tokens["sample"] == "hot/p1") & (run.tokens["layer"] == layer)].sort_values("token")
    values = [np.nan if one.value is None else one.value for one in shown.tokens]
    np.testing.assert_array_equal(values, table[measure].to_numpy(float))
    assert [one.is_jump for one in shown.tokens] == (table["jumps"] == 1).tolist()
    assert screen(shown, 400).count(JUMP) == (table["jumps"] == 1).sum() + 1  # and in the legend


def test_levels_follow_the_values(run):
    tokens = [one for one in token_text(run, "hot/p1", "turning_angle").tokens if one.value is not None]
    in_order = [one.level for one in sorted(tokens, key=lambda one: one.value)]
    assert in_order == sorted(in_order)
    assert set(in_order) == set(range(LEVELS)) == set(range(len(GROUNDS)))


def test_a_measure_without_layers_is_the_samples_own(run):
    shown = token_text(run, "nucleus/p0", "entropy")
    expected = run.samples.set_index("sample").at["nucleus/p0", "token_entropy"][PROMPT:]
    np.testing.assert_allclose([one.value for one in shown.tokens], expected)
    assert "by entropy\n" in screen(shown)


def test_without_colour_it_is_plain_and_keeps_to_the_width(run):
    for width in (60, 40):
        shown = screen(token_text(run), width)
        assert "\x1b" not in shown
        assert max(map(len, shown.splitlines())) <= width
        words = " ".join(shown.split())
        assert "a jump at layer 3. Most values run from" in words
        assert "(2nd to 98th percentile of this text)" in words
        assert "highest of all: '" in words


def test_in_colour_every_token_has_its_ground(run):
    text = screen(token_text(run, "hot/p1"), 200, colour=True)
    assert text.count("\x1b[") > WINDOW
    assert "2nd to 98th percentile of this text" in text


def test_a_text_that_was_not_measured_says_why(run):
    shown = token_text(run, "nucleus/short")
    assert [one.value for one in shown.tokens] == [None]
    assert "not measured: the text ended before the window was full" in " ".join(screen(shown).split())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"sample": "greedy/p9"}, "no text of this run is called 'greedy/p9'; did you mean greedy/p2"),
        ({"measure": "step_lenght"}, "no measure 'step_lenght'; did you mean step_length"),
        ({"layer": 99}, "no layer 99. Known: 0 to 6"),
    ],
)
def test_what_is_not_there_is_refused(run, asked, message):
    with pytest.raises(UsageError, match=message):
        token_text(run, **asked)


def test_a_run_without_tokens_shows_none_and_refuses_when_asked(tmp_path):
    run = make_run_without_tokens(tmp_path / "run")
    assert token_text(run) is None
    with pytest.raises(UsageError, match="measured no text token by token"):
        token_text(run, layer=2)


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_tokens_appear_literally_and_drive_nothing(tmp_path, colour):
    run = make_run(tmp_path / "run", states=False, words=tuple(STRINGS))
    shown = token_text(run)
    assert [one.text for one in shown.tokens][: len(STRINGS)] == list(STRINGS.values())
    text = screen(shown, 80, colour)
    ours = text.replace("\x1b[", "")  # colours are the only escapes there
    assert "\x1b" not in ours
    assert "[2J" not in text.replace("\\x1b[2J", "")
    assert all(c.isprintable() or c == "\n" for c in ours)
