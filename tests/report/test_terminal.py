"""The words on the screen, at any width, without colour or a terminal, and with hostile content."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Group

from llmgeo.cli.output import plain_console, rendered
from llmgeo.experiments.probe import screen as terminal
from llmgeo.experiments.probe.contrast_view import at_the_embedding
from llmgeo.experiments.probe.room import PROBE
from llmgeo.experiments.probe.summary import summarize
from llmgeo.report.curve_view import curves
from llmgeo.report.sparkline import sparkline
from tests.report import synthetic
from tests.test_escape import HOSTILE

NASTY = "".join(text for text in HOSTILE if "\ud800" not in text)


def first(run, width):
    return terminal.first_screen(summarize(run), width)


def whole(run, width):
    return terminal.parts_screen(run, summarize(run), width, PROBE.shows)


def screen(run, width: int, view=whole) -> str:
    return drawn(view(run, width), width)


def drawn(renderable, width: int = 80) -> str:
    console = plain_console(io.StringIO())
    console.width = width
    return rendered(lambda width: renderable, console)


def words_of(text: str) -> str:
    return " ".join(text.split())


def test_the_first_screen_in_words(run):
    shown = screen(run, 80, first).splitlines()
    assert shown[:16] == [
        "toy · coherence · 8 prompts × 3 conditions · 3,072 tokens written and 1,536 read",
        "· float32 · cpu",
        "Random weights: this run tests the plumbing; its numbers say nothing about",
        "language models.",
        "",
        "What the papers say",
        "  Of four claims from papers, one held, one was contradicted, one stayed open",
        "  and one was not measured; in one of the two, geometry does better than the",
        "  mean entropy of the next token.",
        "  supported,        Loops live on a thinner cloud.  Du 2025",
        "  nothing beyond      participation ratio: 3.6 loops, 7.5 fluent",
        "  mean entropy        middle third (layers 3-4): 99.6 of 100 pairs as predicted",
        "                      [96 to 100], q < 0.001; mean entropy alone: 100 of 100",
        "  contradicted,     Nonsense jumps.  Zhang & Dong",
        "  beyond mean         jumps per 100 tokens: 2.4 coherent, 1.7 hot",
        "  entropy             all layers (0-6): 31 of 100 pairs as predicted [20 to 44],",
    ]
    assert "  undecided         Fluent text runs straighter.  Hosseini" in shown
    start = shown.index("  not measured      Shuffled text fills more.  Viswanathan")
    assert shown[start + 1] == "                      no text of greedy (loop) to measure (0 against 8 texts);"
    start = shown.index("  loops against fluent  dimension at layer 3: 3.60 against 7.50")
    assert shown[start + 1 : start + 8] == [
        "    lower in greedy (loop) in 98 of 100 pairs [94 to 100]",
        "    nothing beyond mean entropy (99 of 100)",
        "  hot against fluent  dimension at layer 2: 3.60 against 7.50",
        "    higher in hot in 97 of 100 pairs [95 to 100]",
        "    beyond mean entropy (80 of 100)",
        "  cool against nucleus  too few texts to decide (5 against 8)",
        "  repeat against read  no text looped (0 against 8 texts); use more prompts",
    ]
    start = next(n for n, line in enumerate(shown) if line.startswith("dimension by layer"))
    assert words_of(" ".join(shown[start : start + 2])).startswith(
        "dimension by layer, 1 to 6 one text's tokens at a layer; ▁ 2.00 █ 12.0 · not measured; layer 0, the "
    )
    assert "  greedy   ▁▁·▁▁▁    2.00 to 3.00 (null 11.0)" in shown
    assert shown[-2:] == [f"run: {run.path}", f"more: llmgeo show {run.path} --all"]


def test_the_gain_and_the_embedding_stand_in_their_own_parts(run):
    brief, everything = (words_of(screen(run, 80, view)) for view in (first, whole))
    assert "as many pairs as mean entropy [3 fewer to 3 more]" in everything
    assert "as many pairs" not in brief
    summary = summarize(run)
    apart = tuple(replace(contrast, embedding=contrast.best) for contrast in summary.contrasts[:2])
    shown = drawn(terminal.first_screen(replace(summary, contrasts=apart), 80))
    assert "layer 0, the embedding, stands apart." in words_of(shown)
    assert "At the embedding" not in shown
    assert drawn(Group(*at_the_embedding(apart))).splitlines() == [
        "",
        "  At the embedding (layer 0), which knows the words and no context:",
        "    loops against fluent: dimension, a lower in 98 of 100 [94 to 100]",
        "    hot against fluent: dimension, a higher in 97 of 100 [95 to 100]",
    ]


@pytest.mark.parametrize("width", [120, 100, 90, 76, 60, 50, 40, 20])
@pytest.mark.parametrize("view", [whole, first])
def test_every_width_says_the_same_and_keeps_to_it(run, width, view):
    shown = screen(run, width, view)
    paths = (f"run: {run.path}", f"more: llmgeo show {run.path} --all")
    assert all(len(line) <= width or line in paths for line in shown.splitlines())
    assert f"run: {run.path}" in shown.splitlines()
    if width >= 40:
        for said in ("supported", "contradicted", "undecided", "not measured", "▁▁·▁▁▁", "against fluent"):
            assert said in shown, said


def test_wide_screens_show_a_table(run):
    shown = words_of(screen(run, 140))
    assert "contrast measure layer a b of 100 pairs, a is q against the baseline" in shown
    assert "hot against fluent dimension 2 3.60 7.50 higher in 97 [95 to 100] < 0.001 beyond mean entropy (80" in shown


def test_the_whole_view_counts_significant_layers_and_seconds(run):
    shown = words_of(screen(run, 120))
    assert "dimension 2 3.60 7.50 higher in 97 [95 to 100] < 0.001 3 layers" in shown
    assert "hot ▄▆███▆ 6.00 to 12.0 (null 11.0, within its interval at 3 layers)" in shown
    assert "dimension: 8 of 168 estimates · too few distinct points (a loop)" in shown
    assert "generating 1:02 measuring 0:07 total 1:09" in shown
    assert "step length by layer, 1 to 6 token axis; ▁ 1.50 █ 364.5, log scale; layer 0, the embedding: 0.500" in shown


def test_where_there_is_no_plateau_both_views_say_so_and_the_whole_one_shows_the_curve(run):
    said = "no plateau (the value depends on the scale at which it is read): hot at 3 of 7 layers"
    assert said in words_of(screen(run, 100, first))
    shown = words_of(screen(run, 100))
    assert said in shown
    assert "dimension by scale mean over texts, calibrated GRIDE at n1 = 1, 2, 4, 8, 16" in shown
    assert "condition layer 2 layer 4 layer 6" in shown
    assert "greedy 2.00 2.00 2.00 2.00 2.00 4.00 4.00 4.00 4.00 4.00 6.00 6.00 6.00 6.00 ·" in shown
    assert "* most of the texts have none" in shown
    assert "hot, layer 4: 5.00 6.00 8.00 12.0 20.0 *" in words_of(screen(run, 50))


def test_a_sparkline_shows_gaps_as_gaps():
    assert sparkline([None, 0.0, 0.49, 0.999, 1.0]) == "·▁▄██"


@pytest.mark.parametrize("width", [120, 60])
def test_hostile_content_drives_nothing(tmp_path, width):
    claims = synthetic.claims().assign(sentence=NASTY, source=NASTY, words=NASTY, caveat=NASTY, layer_words=NASTY)
    contrasts = synthetic.contrasts().replace({"hot against fluent": NASTY, "hot": NASTY})
    layers = synthetic.layers().replace({"hot": NASTY, "step_length": NASTY})
    model = {**synthetic.MODEL, "name": NASTY, "dtype": NASTY}
    tables = {"claims": claims, "contrasts": contrasts, "layers": layers, "model": model}
    run = synthetic.make_run(tmp_path / "[red]\x1b[2Jrun\u202e", **tables, text=NASTY)
    shown = screen(run, width)
    assert all(c.isprintable() or c == "\n" for c in shown)
    flat = "".join(shown.split())
    for text, escaped in HOSTILE.items():
        if "\ud800" not in text:
            assert "".join(escaped.split()) in flat


def test_no_claims_no_contrasts_no_curves_is_no_crash(tmp_path):
    tables = {
        "claims": synthetic.claims()[:0],
        "contrasts": synthetic.contrasts()[:0],
        "layers": synthetic.layers()[:0],
    }
    shown = screen(synthetic.make_run(tmp_path / "run", **tables), 80)
    assert "Contrasts None. Curves None. Scales None." in words_of(shown)
    assert "24 texts" in screen(synthetic.make_run(tmp_path / "other", **tables), 80, first)


def test_curves_of_some_conditions_name_the_others(run):
    console = plain_console(io.StringIO())
    drawn = curves(summarize(run).curves[:1], 80, conditions=("hot", "nucleus"))
    shown = words_of(rendered(lambda width: Group(*drawn), console))
    assert "▁ 2.00 █ 12.0" in shown, "the scale is that of all, so that it stays when the others are shown"
    assert "nucleus ▂▄▅▆▅▅ 4.00 to 9.00" in shown
    assert "hot ▄▆███▆" in shown
    assert shown.endswith("not shown here: greedy")


def test_a_measure_that_was_never_measured_says_why(tmp_path):
    layers = synthetic.layers().assign(value=float("nan"), status="too_few_points")
    shown = words_of(screen(synthetic.make_run(tmp_path / "run", layers=layers), 120))
    assert "hot ······ not measured: too few points" in shown
    assert "one text's tokens at a layer; not measured" in shown


def test_other_peoples_measures_are_shown_too(tmp_path):
    layers = pd.concat([synthetic.layers(), synthetic.layers().replace({"step_length": "my_measure"})])
    shown = screen(synthetic.make_run(tmp_path / "run", layers=layers.drop_duplicates()), 80)
    assert "my measure by layer, 1 to 6" in shown
