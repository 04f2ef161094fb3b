"""What is said of a run, as data: the verdicts, the best layers and their baselines, what is missing and why."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from llmgeo.experiments.probe.contrast_summary import summarize_contrasts
from llmgeo.experiments.probe.summary import summarize
from llmgeo.report.curves import curves_by_measure
from llmgeo.report.manifest import failed_samples
from llmgeo.report.run_records import as_records
from llmgeo.report.scales import scale_curves
from tests.report import synthetic


@pytest.fixture(scope="module")
def summary(run):
    return summarize(run)


def test_the_title_says_what_was_run(summary):
    assert summary.title == (
        "toy",
        "coherence",
        "8 prompts × 3 conditions",
        "3,072 tokens written and 1,536 read",
        "float32",
        "cpu",
    )


def test_claims_keep_their_order_and_their_evidence(summary):
    assert [claim.verdict for claim in summary.claims] == ["supported", "contradicted", "undecided", "not measured"]
    effect = "99.6 of 100 pairs as predicted [96 to 100], q < 0.001"
    assert summary.claims[0].evidence == f"middle third (layers 3-4): {effect}; mean entropy alone: 100 of 100"
    assert summary.claims[3].evidence is None


def test_a_claim_that_entropy_answers_as_well_is_no_news(summary):
    assert [claim.is_no_news for claim in summary.claims] == [True, False, True, False]


def test_the_best_layer_is_the_strongest_significant_one(summary):
    loops, hot, cool, repeat = summary.contrasts
    assert (loops.best.layer, loops.best.auc, loops.tests) == (3, 0.02, 3)
    assert (hot.best.layer, hot.best.auc) == (2, 0.97)
    assert cool.best is None
    assert cool.status == "ok"
    assert repeat.best is None
    assert repeat.status == "no_samples"


def test_geometry_stands_beside_the_strongest_fair_baseline(summary):
    loops, hot, *_ = summary.contrasts
    # rep-4 reaches 1.00 on loops, but the label "loop" was made of it.
    assert loops.baseline.measure == "entropy"
    assert loops.beside_baseline == "no better than"
    assert hot.beside_baseline == "better than"
    assert (loops.best.low, loops.best.high) == (pytest.approx(0.0), pytest.approx(0.06))


def test_effects_that_are_as_strong_as_the_best_are_counted():
    table = synthetic.contrasts()
    table.loc[table["contrast"].eq("hot against fluent") & table["layer"].notna(), "auc"] = [0.03, 0.97, 0.97, 0.97]
    assert summarize_contrasts(table)[1].ties == 2


def test_of_effects_as_strong_one_wins_whose_value_does_not_depend_on_the_scale():
    table = synthetic.contrasts()
    assert summarize_contrasts(table)[1].best.measure == "intrinsic_dimension"
    steps = table[table["measure"].eq("intrinsic_dimension")].assign(measure="step_length")
    assert summarize_contrasts(pd.concat([table, steps]))[1].best.measure == "step_length"


def test_the_embedding_stands_apart_whatever_it_tells():
    """It wins by far, and neither the best nor what geometry gains is its."""
    table = synthetic.contrasts()
    is_hot = table["contrast"].eq("hot against fluent") & table["layer"].notna()
    table.loc[is_hot & table["layer"].eq(0), ["auc", "q", "best_gain_low", "gain_high"]] = [1.0, 0.0001, 0.2, 0.4]
    hot = summarize_contrasts(table)[1]
    assert (hot.best.layer, hot.best.auc, hot.ties) == (2, 0.97, 0)
    assert (hot.embedding.layer, hot.embedding.auc) == (0, 1.0)
    plain = summarize_contrasts(synthetic.contrasts())[1]
    assert (hot.gain_low, hot.gain_high, hot.measures) == (plain.gain_low, plain.gain_high, plain.measures)
    assert plain.embedding is None


def test_a_run_of_the_embedding_alone_has_no_best_layer():
    table = synthetic.contrasts()
    table = table[table["layer"].isna() | table["layer"].eq(0)].assign(q=0.001)
    loops = summarize_contrasts(table)[0]
    assert (loops.best, loops.tests, loops.gain_low) == (None, 0, None)
    assert (loops.embedding.layer, loops.measures[0].layer) == (0, 0)


def test_where_no_side_has_a_label_rep_4_is_a_baseline_like_any_other():
    table = synthetic.contrasts().assign(a_label=None, b_label=None)
    assert summarize_contrasts(table)[0].baseline.measure == "rep_4"


def test_significant_layers_are_counted(summary):
    [dimension] = summary.contrasts[1].measures
    assert (dimension.significant, dimension.layers) == (3, 3)


def test_curves_share_one_scale_and_keep_their_gaps(summary):
    dimension, steps = summary.curves
    nucleus, greedy, hot = dimension.curves
    assert (dimension.low, dimension.high, dimension.is_log) == (2, 12, False)
    assert greedy.values[3] is None
    assert greedy.statuses[3] == "degenerate_cloud"
    assert dimension.position(greedy.values[3]) is None
    assert [dimension.position(value) for value in (2, 7, 12)] == [0.0, 0.5, 1.0]
    assert (nucleus.inside_null, hot.inside_null) == (0, 3)
    assert steps.is_log
    assert (steps.low, steps.high) == (1.5, 364.5), "layer 0, of 0.5, is no part of it"
    assert steps.position(steps.low * 243**0.5) == pytest.approx(0.5)


def test_the_embedding_is_read_by_itself(summary):
    nucleus = summary.curves[0].curves[0]
    assert (nucleus.layers, nucleus.after_embedding.layers) == (tuple(range(7)), tuple(range(1, 7)))
    assert nucleus.after_embedding.values == nucleus.values[1:]
    one = replace(nucleus, **{name: getattr(nucleus, name)[:1] for name in ("layers", "values", "statuses")})
    assert one.after_embedding is one, "a run of layer 0 alone has its curve"
    later = nucleus.after_embedding
    assert later.after_embedding is later


def test_layers_without_a_plateau_are_counted_and_keep_their_value(summary):
    dimension, _ = summary.curves
    assert [curve.without_plateau for curve in dimension.curves] == [0, 0, 3]
    assert dimension.curves[2].values[2:5] == (9, 11, 12)


def test_the_scale_curve_is_shown_at_three_depths(summary):
    assert [(curve.condition, curve.layer) for curve in summary.scales] == [
        (condition, layer) for condition in ("nucleus", "greedy", "hot") for layer in (2, 4, 6)
    ]
    nucleus, greedy, hot = (summary.scales[at : at + 3] for at in (0, 3, 6))
    assert {curve.scales for curve in summary.scales} == {(1, 2, 4, 8, 16)}
    assert nucleus[1].values == (4.0,) * 5
    assert greedy[2].values == (6.0, 6.0, 6.0, 6.0, None)
    assert hot[0].values == (3.0, 4.0, 6.0, 10.0, 18.0)
    assert (nucleus[1].null_low, nucleus[1].low) == ((10.0,) * 5, (3.5,) * 5)
    assert nucleus[1].plateau_words == "plateau at 9.00"
    assert hot[0].plateau_words == "no plateau in 7 of 8 texts"
    assert not hot[0].has_plateau


def test_a_layer_without_a_dimension_says_why():
    [curve] = scale_curves(synthetic.layers().query("condition == 'greedy'"), [3])
    assert curve.plateau_words == "no dimension: too few distinct points (a loop)"
    assert scale_curves(synthetic.layers(), [2], calibrated=False) == ()


def test_without_a_dimension_there_is_no_scale_curve():
    assert scale_curves(synthetic.layers().query("measure == 'step_length'")) == ()


def test_a_curve_without_any_value_has_no_place_on_the_scale():
    layers = synthetic.layers().assign(value=float("nan"))
    dimension = curves_by_measure(layers)[0]
    assert dimension.low is None
    assert dimension.position(1.0) is None


def test_constant_curves_lie_in_the_middle():
    layers = synthetic.layers().assign(value=3.0)
    assert curves_by_measure(layers)[0].position(3.0) == 0.5


def test_refused_estimates_are_counted_by_reason(summary):
    [refused] = summary.refused
    assert (refused.measure, refused.count, refused.tried) == ("intrinsic_dimension", 8, 168)
    assert refused.reason == "too few distinct points (a loop)"


def test_remarks_say_what_is_missing(tmp_path, summary):
    assert summary.remarks == ("2 texts ended before the window was full and are not compared.",)
    partial = synthetic.make_run(tmp_path / "partial", status="partial", failed=1)
    said = summarize(partial).remarks
    assert said[0].startswith("This run is partial")
    assert said[1] == "1 text failed and is left out."
    assert failed_samples(partial) == 1


def test_records_are_the_tables_and_valid_json(run):
    records = as_records(run)
    text = json.dumps(records, allow_nan=False)
    assert json.loads(text) == records
    tables = {"claims", "contrasts", "layers", "separations", "standing_out"}
    assert set(records) == {"path", "status", "manifest", "notices", "results_recipe", "story", "refused"} | tables
    assert records["story"].startswith("Of four claims from papers, one held, one was contradicted")
    for name in ("claims", "contrasts", "layers"):
        again = pd.DataFrame(records[name])
        table = getattr(run, name)
        assert list(again.columns) == list(table.columns)
        for column in table.columns:
            assert [plain(value) for value in table[column]] == [row[column] for row in records[name]]


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return None if pd.isna(value) else value


def test_undefined_numbers_are_null_beside_their_status(run):
    claim = as_records(run)["claims"][3]
    assert claim["effect"] is None
    assert claim["status"] == "no_samples"


def test_the_next_command_can_be_pasted(tmp_path):
    spaced = synthetic.make_run(tmp_path / "a run")
    assert summarize(spaced).show_command == f"llmgeo show '{tmp_path}/a run'"
