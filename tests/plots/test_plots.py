"""Each figure draws the numbers that the tables hold: in the axes it was given, with units, and gaps left open."""

import dataclasses
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.collections import LineCollection

from llmgeo import measures, plots
from llmgeo.errors import UsageError
from llmgeo.plots import style
from tests.page.runs import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def trajectory(toy):
    return toy.read("The lighthouse " * 3)


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def lines_of(ax):
    return {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}


def test_layers_draws_the_means_and_leaves_the_gap(run):
    ax = plots.layers(run, "intrinsic_dimension")
    lines = lines_of(ax)
    assert list(lines) == ["nucleus", "greedy", "hot"]
    expected = run.layers[(run.layers["measure"] == "intrinsic_dimension") & (run.layers["condition"] == "greedy")]
    drawn = lines["greedy"].get_ydata()
    assert np.isnan(drawn[3])
    assert np.allclose(drawn, expected["value"], equal_nan=True)
    assert len(ax.collections) == 6  # a null band and an interval for each condition
    assert ax.get_xlabel() == "layer (0: embedding)"
    assert ax.get_ylabel() == "dimension"


def test_layers_takes_the_axes_it_is_given_and_a_log_scale_where_one_is_needed(run):
    _, ax = pyplot.subplots()
    assert plots.layers(run, "step_length", conditions=["hot"], ax=ax) is ax
    assert ax.get_yscale() == "log"
    assert list(lines_of(ax)) == ["hot"]


def test_scales_draws_the_dimension_against_the_neighbour_order_and_marks_the_plateau(run):
    ax = plots.scales(run, 4)
    lines = lines_of(ax)
    assert list(lines) == ["nucleus: plateau at 9.00", "greedy: plateau at 3.00", "hot: no plateau in 7 of 8 texts"]
    hot = lines["hot: no plateau in 7 of 8 texts"]
    assert hot.get_xdata().tolist() == [1, 2, 4, 8, 16]
    expected = run.layers[(run.layers["condition"] == "hot") & (run.layers["layer"] == 4)].set_index("measure")["value"]
    assert hot.get_ydata().tolist() == [expected[f"gride_{n1}_calibrated"] for n1 in (1, 2, 4, 8, 16)]
    plateaus = [one for one in ax.collections if isinstance(one, LineCollection)]
    assert [one.get_segments()[0][0][1] for one in plateaus] == [9.0, 3.0]  # nucleus and greedy, at their dimension
    assert len(ax.collections) == 2 * 3 + 2  # a null band and an interval for each condition
    assert ax.get_xscale() == "log"
    assert ax.get_ylabel() == "dimension at layer 4"
    assert plots.scales(run, 4, conditions=["hot"], ax=ax) is ax


def test_contrast_draws_every_text(run):
    ax = plots.contrast(run, "loops against fluent", layer=0)
    dots = [line for line in ax.get_lines() if line.get_linestyle() == "None"]
    assert [len(line.get_ydata()) for line in dots] == [3, 3]
    assert "lower in greedy (loop) in 60 of 100 pairs [56 to 62]" in ax.get_title()
    assert ax.get_ylabel() == "dimension at layer 0"
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "greedy\n(loop)\n5 texts",
        "nucleus\n(fluent)\n8 texts",
    ]


def test_contrast_of_a_baseline_has_no_layer(run):
    ax = plots.contrast(run, measure="entropy")
    assert ax.get_ylabel() == "mean entropy (nats)"


def test_tokens_draws_what_the_measure_says(trajectory):
    start = 1
    ax = plots.tokens(trajectory, "turning_angle", layer=2)
    drawn = max(ax.get_lines(), key=lambda line: len(line.get_ydata())).get_ydata()
    expected = measures.turning_angle(trajectory.states[2, start:].float()).numpy()
    assert np.isnan(drawn[[0, -1]]).all()
    assert np.allclose(drawn[1:-1], expected, atol=1e-4, equal_nan=True)
    assert any("null" in handle.get_text() for handle in ax.get_legend().get_texts())


def test_tokens_heat_map_has_a_row_a_layer_and_hides_what_is_missing(trajectory):
    ax = plots.tokens(trajectory, "step_length")
    grid = ax.get_images()[0].get_array()
    assert grid.shape == (trajectory.layers + 1, len(trajectory) - 1)
    assert grid.mask[:, 0].all()
    assert not grid.mask[:, 1:].any()
    assert ax.get_xlabel() == "token (position in the text)"


@pytest.mark.parametrize("measure", ["surprisal", "entropy"])
def test_tokens_without_layers_are_lines(trajectory, measure):
    ax = plots.tokens(trajectory, measure)
    assert ax.get_ylabel() == f"{measure} (nats)"
    with pytest.raises(UsageError, match="has no layers"):
        plots.tokens(trajectory, measure, layer=1)


@pytest.mark.parametrize("colour", ["position", "surprisal", "text"])
def test_trajectories_keep_distances_in_the_plane_that_is_shown(trajectory, colour):
    ax = plots.trajectory([trajectory, trajectory], colour=colour, layer=1)
    ways = [line.get_xydata() for line in ax.get_lines() if len(line.get_xydata()) == len(trajectory) - 1]
    assert len(ways) == 2
    assert np.allclose(*ways, atol=1e-5)  # the same text has the same way in shared axes
    points = trajectory.states[1, 1:].float().numpy()
    whole = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert (np.linalg.norm(np.diff(ways[0], axis=0), axis=1) <= whole + 1e-4).all()  # a projection lengthens nothing
    assert "% of the variance" in ax.get_xlabel()


def test_trajectories_in_three_dimensions_and_as_a_neighbour_map(trajectory):
    assert plots.trajectory(trajectory, dimensions=3).name == "3d"
    first, second = (plots.trajectory(trajectory, "umap").get_lines()[0].get_xydata() for _ in range(2))
    assert np.array_equal(first, second)


def test_the_prompt_is_left_out_unless_it_is_asked_for(trajectory):
    half = dataclasses.replace(trajectory, prompt_length=20)
    assert len(plots.trajectory(half).get_lines()[0].get_xydata()) == len(trajectory) - 20
    assert len(plots.trajectory(half, start=0).get_lines()[0].get_xydata()) == len(trajectory)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda run, _: plots.layers(run, "intrinsic_dimensions"), "did you mean intrinsic_dimension"),
        (lambda run, _: plots.layers(run, "step_length", conditions=["cold"]), "Known: nucleus, greedy, hot"),
        (lambda run, _: plots.scales(run, 77), "no layer 77. Known: 0 to 6"),
        (lambda run, _: plots.scales(run, conditions=["cold"]), "Known: nucleus, greedy, hot"),
        (lambda run, _: plots.scales(run, calibrated=False), "no scale curve"),
        (lambda run, _: plots.contrast(run, "loops"), "no contrast 'loops'"),
        (lambda run, _: plots.contrast(run, layer=77), "no layer 77"),
        (lambda _, way: plots.tokens(way, "two_nn"), "no measure 'two_nn'"),
        (lambda _, way: plots.tokens(way, layer=99), "no layer 99"),
        (lambda _, way: plots.tokens(way, start=10_000), "give a token from 0 to"),
        (lambda _, way: plots.trajectory(way, "tsne"), "Known: pca, umap"),
        (lambda _, way: plots.trajectory(way, "umap", dimensions=3), "no dimensions 3"),
        (lambda _, way: plots.trajectory(way, dimensions=3, ax=pyplot.subplots()[1]), "projection="),
        (lambda _, way: plots.trajectory([]), "no trajectory to draw"),
        (lambda _, way: plots.layers(way, "step_length"), r"as llmgeo\.open"),
        (lambda _, way: plots.layers("runs/mine", "step_length"), r"not of 'runs/mine'"),
        (lambda _, way: plots.scales(None), r"not of None"),
        (lambda _, way: plots.layers(3, "step_length"), r"not of 3"),
        (lambda _, way: plots.contrast(way), r"as llmgeo\.open"),
        (lambda run, _: plots.tokens(run), r"as model\.read\(text\) gives it"),
        (lambda run, way: plots.trajectory([way, run]), r"as model\.read\(text\) gives it"),
    ],
)
def test_a_mistake_gets_one_message(run, trajectory, draw, message):
    with pytest.raises(UsageError, match=message):
        draw(run, trajectory)


def test_a_text_of_two_tokens_is_not_drawn(toy):
    with pytest.raises(UsageError, match=r"too few tokens to draw \(2\); three are needed"):
        plots.tokens(toy.read("ab"))


def test_one_condition_needs_no_brackets(run):
    drawn, same = (lines_of(plots.layers(run, "step_length", conditions=names)) for names in ("hot", ["hot"]))
    assert drawn.keys() == same.keys() == {"hot"}


def test_the_colours_are_told_apart_without_red_or_green():
    """Machado et al. 2009: full protanopia and deuteranopia, in linear RGB."""
    matrices = {
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    }
    colours = np.array([[int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)] for code in _hex(style.COLOURS)])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    for matrix in matrices.values():
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert apart[np.triu_indices(len(seen), 1)].min() > 0.08


def _hex(colours):
    return [code if len(code) == 7 else "#" + code[1] * 2 + code[2] * 2 + code[3] * 2 for code in colours]


def test_hostile_names_are_drawn_as_text(run):
    fake = SimpleNamespace(layers=run.layers.assign(condition="\x1b[31m$\\frac{"))
    ax = plots.layers(fake, "intrinsic_dimension")
    assert list(lines_of(ax)) == ["\\x1b[31m\\$\\frac{"]
    ax.figure.canvas.draw()


def test_many_figures_leave_one_open_and_each_stays_whole(run, trajectory):
    own = pyplot.figure()
    drawn = [plots.layers(run, "step_length") for _ in range(12)]
    drawn += [plots.tokens(trajectory, "turning_angle") for _ in range(13)]
    assert len(pyplot.get_fignums()) == 2
    assert pyplot.fignum_exists(own.number)
    assert pyplot.gcf() is drawn[-1].figure  # so that pyplot.savefig saves what was drawn
    for ax in (drawn[0], drawn[-1]):
        ax.figure.canvas.draw()
        assert ax.get_lines() or ax.get_images()


def test_figures_that_somebody_looks_at_stay_open(run, monkeypatch):
    monkeypatch.setattr(style, "_shows_figures", lambda: True)
    for _ in range(3):
        plots.layers(run, "step_length")
    assert len(pyplot.get_fignums()) == 3


def test_two_runs_share_a_figure_each_with_its_null(run):
    ax = plots.layers({"A": run, "B": run}, "intrinsic_dimension", conditions=["hot", "nucleus"])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["A, hot", "A, nucleus", "B, hot", "B, nucleus"]
    expected = run.layers[(run.layers["measure"] == "intrinsic_dimension") & (run.layers["condition"] == "hot")]
    lines = lines_of(ax)
    for name in ("A, hot", "B, hot"):
        assert np.allclose(lines[name].get_ydata(), expected["value"], equal_nan=True)
    assert lines["A, hot"].get_linestyle() != lines["B, hot"].get_linestyle()
    assert len({line.get_color() for line in lines.values()}) == 4
    assert len(ax.collections) == 8, "a null band and an interval for each line"
    rims = [line for line in ax.get_lines() if line.get_linestyle() == ":"]
    assert np.allclose(rims[0].get_ydata(), expected["null_low"], equal_nan=True)


def test_runs_in_a_list_are_called_by_their_models(run):
    ax = plots.layers([run, run], "intrinsic_dimension")
    assert list(lines_of(ax)) == ["toy (1), nucleus", "toy (2), nucleus"]
    for wrong in ([], {}, [run, "runs/mine"], {"A": None}):
        with pytest.raises(UsageError):
            plots.layers(wrong, "intrinsic_dimension")
    with pytest.raises(UsageError, match="no condition 'loops'"):
        plots.layers([run, run], "intrinsic_dimension", conditions="loops")
