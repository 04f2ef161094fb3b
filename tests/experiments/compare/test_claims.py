"""Claims of a comparison on tables whose truth is planted: prompts read by BASE, TUNED and BASE with moved weights."""

import numpy as np
import pandas as pd
import pytest

from llmgeo.experiments.compare.claims import claim_table
from llmgeo.experiments.compare.measured import Measured
from llmgeo.experiments.compare.names import READERS, sample_id
from llmgeo.experiments.compare.recipe import GroupsClaim, PairedClaim, RangeClaim, SubspacesClaim, TextSide, TrendClaim
from llmgeo.experiments.compare.shared_directions import Changes
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.recipe import load_recipe
from llmgeo.report.claims import claim_answers
from llmgeo.statistics.over_scales import ONE_SCALE

PROMPTS = 24
KINDS = {f"p{i:02}": "refuse" if i % 2 else "harmless" for i in range(PROMPTS)}
DRAWS = {prompt: place % 4 for place, prompt in enumerate(KINDS)}
TEXT = "tuned_answer"
COMMON = {"name": "planted", "sentence": "So it is.", "source": "planted"}
PAIRED = PairedClaim(
    **COMMON, kind="paired", measure="two_nn", layers="last", note="a note", expect="a < b",
    a=TextSide(reader="tuned", text=TEXT), b=TextSide(reader="base", text=TEXT),
)  # fmt: skip
GROUPS = GroupsClaim(
    **COMMON, kind="groups", measure="two_nn", layers="last", expect="a < b",
    a=TextSide(reader="tuned", text=TEXT, kinds=("refuse",)),
    b=TextSide(reader="tuned", text=TEXT, kinds=("harmless",)),
)  # fmt: skip
TREND = TrendClaim(
    **COMMON, kind="trend", measure="two_nn", layers="last", a=TextSide(reader="tuned", text=TEXT), expect="rises"
)
RANGE = RangeClaim(**COMMON, kind="range", reader="base", low=30.0, high=50.0, layers="last")
SUBSPACES = SubspacesClaim(
    **COMMON, kind="subspaces", steps=("steps",), plain=("plain",), tuning=("harmless",), expect="a > b"
)


def tables(value, length=lambda i: 5):
    """Samples and estimates at layers 0 and 1; `value(reader, i)` is what is measured of prompt i, at layer 1."""
    samples, estimates = [], []
    for i, prompt in enumerate(KINDS):
        of_prompt, of_answer = [float(i)] * (length(i) - 1), [99.0] * 8
        surprisal = [np.nan, *of_prompt, *of_answer]
        for reader in READERS:
            name = {"sample": sample_id(prompt, TEXT, reader), "condition": reader, "prompt": prompt}
            samples.append(name | {"text_kind": TEXT, "prompt_length": length(i), "token_surprisal": surprisal})
            common = name | {"text": TEXT, "measure": "two_nn", "cloud": "text", "n": 48, "status": "ok"}
            estimates += [common | {"layer": layer, "value": value(reader, i) * layer} for layer in (0, 1)]
    return pd.DataFrame(samples), pd.DataFrame(estimates)


def row_and_answer(claim, samples, estimates, changes=None, relative_change=0.1):
    """The claim's row of the claims table, and what a screen says of it."""
    weights = pd.DataFrame({"measure": ["relative_change"], "value": [relative_change]})
    measured = Measured(samples, estimates, weights, {}, KINDS, DRAWS, blocks=1)
    recipe = load_recipe("rlhf").model_copy(update={"claims": (claim,)})
    table = claim_table(ValuesByPrompt(measured, changes or {}), recipe)
    [row] = table.to_dict("records")
    [answer] = claim_answers(table)
    return row, answer


def noise(i, seed=0):
    return float(np.random.default_rng((seed, i)).normal())


@pytest.mark.parametrize(
    ("shift", "jitter", "expected"),
    [
        (-3.0, 0.0, "supported"),
        (3.0, 0.0, "contradicted"),
        (0.0, 0.0, "undecided"),
        (-3.0, 4.0, "undecided"),  # rounding the weights does as much
    ],
)
def test_a_paired_difference_must_exceed_rounding(shift, jitter, expected):
    shifts = {"base": 0.0, "tuned": shift, "jittered": jitter}

    def value(reader, i):
        return 10 + 5 * noise(i) + noise(i, 1) * bool(shifts[reader]) + shifts[reader]

    row, answer = row_and_answer(PAIRED, *tables(value))
    assert row["verdict"] == expected
    assert row["effect"] == pytest.approx(row["a_value"] - row["b_value"])
    assert row["effect"] == pytest.approx(shift, abs=0.5)
    assert (row["effect_is"], row["nothing"], row["layers"], row["layer_words"]) == ("difference", 0.0, [1], "layer 1")
    assert (row["a_words"], row["b_words"]) == ("TUNED on its own answers", "BASE on TUNED's answers")
    assert (row["a_conditions"], row["b_conditions"], row["n_a"], row["n_b"]) == (["tuned"], ["base"], 24, 24)
    hidden = "the effect is no larger than rounding the weights makes; " if jitter else ""
    assert row["caveat"] == f"{hidden}a note; {ONE_SCALE}"
    direction = ", as predicted" if shift < 0 else ", against the prediction" if shift else ""
    said = f"{row['effect']:+.2f}" if shift else "0"
    assert answer.evidence.startswith(f"layer 1: difference {said} [")
    assert f"]{direction}, q" in answer.evidence


def test_what_a_whole_draw_of_the_rounding_shifts_is_noise_of_one_more():
    """Prompts of a draw move together: 24 prompts say little of rounding where they were read with four draws."""

    def noise_of(shift):
        row, _ = row_and_answer(PAIRED, *tables(lambda reader, i: 10 + noise(i) + (reader == "jittered") * shift(i)))
        return row["noise"]

    drawn = np.array([noise(draw, 9) for draw in range(4)])
    reach = 3.182 * drawn.std(ddof=1) * np.sqrt(1 + 1 / 4)  # Student's t with three degrees of freedom
    assert noise_of(lambda i: noise(i % 4, 9)) == pytest.approx(abs(drawn.mean()) + reach, rel=1e-3)
    assert noise_of(lambda i: noise(i, 9)) < abs(drawn.mean()) + reach


@pytest.mark.parametrize("claim", [GROUPS, TREND], ids=["groups", "trend"])
def test_rounding_is_noise_of_every_kind_of_effect(claim):
    def row_of(size):
        shaken = tables(lambda reader, i: 10 + noise(i) + (reader == "jittered") * size * noise(i, 9))
        return row_and_answer(claim, *shaken)[0]

    still, shaken = row_of(0.0), row_of(3.0)
    assert still["noise"] == 0.0
    assert shaken["noise"] > 0.1
    assert shaken["effect"] == still["effect"]


@pytest.mark.parametrize(("shift", "expected"), [(-9.0, "supported"), (9.0, "contradicted"), (0.0, "undecided")])
def test_kinds_of_prompts_are_told_apart(shift, expected):
    samples, estimates = tables(lambda reader, i: 10 + noise(i) + shift * (i % 2), length=lambda i: 10 if i % 2 else 5)
    row, _ = row_and_answer(GROUPS, samples, estimates)
    assert row["verdict"] == expected
    assert (row["effect_is"], row["nothing"], row["noise"]) == ("auc", 0.5, 0.0)
    assert (row["a_words"], row["b_words"], row["n_a"], row["n_b"]) == ("refuse prompts", "harmless prompts", 12, 12)
    values = estimates[(estimates["layer"] == 1) & estimates["sample"].str.endswith("-tuned")]["value"].to_numpy()
    assert row["effect"] == pytest.approx((values[1::2, None] > values[::2]).mean(), abs=1e-12)
    assert "are not (10 against 5 tokens)" in row["caveat"]


def at_scales(samples, estimates, value, scales=(1, 2, 4, 8, 16), status="no_plateau"):
    """The same with the dimension at every scale: `value(reader, i, n1)`; the texts have no plateau, if not said so."""
    rows = estimates[estimates["layer"] == 1].assign(status=status).to_dict("records")
    more = [
        row | {"measure": f"gride_{n1}_calibrated", "value": value(row["condition"], int(row["prompt"][1:]), n1)}
        for row in rows
        for n1 in scales
    ]
    return samples, pd.concat([estimates.assign(status=status), pd.DataFrame(more)], ignore_index=True)


@pytest.mark.parametrize(
    ("shift", "verdict", "as_predicted", "caveat"),
    [
        (lambda n1: -3.0, "supported", 5, "as predicted at all five scales"),
        (lambda n1: 3.0 if n1 == 16 else -3.0, "undecided", 4, "the direction depends on the scale: as predicted at 4"),
    ],
)
def test_a_difference_of_dimensions_must_be_there_at_every_scale(shift, verdict, as_predicted, caveat):
    def value(reader, i, n1=1):
        return 10 * n1 + noise(i, n1) + (shift(n1) + noise(i, 50 + n1) / 4) * (reader == "tuned")

    row, answer = row_and_answer(PAIRED, *at_scales(*tables(value), value))
    assert (row["verdict"], row["scales"], row["scales_as_predicted"]) == (verdict, 5, as_predicted)
    assert row["scale_effects"] == pytest.approx([shift(n1) for n1 in (1, 2, 4, 8, 16)], abs=0.3)
    assert row["caveat"].startswith(caveat)
    assert "; the value depends on the scale; a note" in row["caveat"]
    assert row["effect"] == pytest.approx(row["a_value"] - row["b_value"]), "both are of the scale that is shown"
    said = f"TwoNN dimension: {row['a_value']:#.1f} (TUNED on its own answers) against {row['b_value']:#.1f} (BASE on"
    assert row["words"].startswith(said)
    assert "(over the scales: " in row["words"]
    if verdict == "supported":
        assert row["p"] == pytest.approx(max(p_at(value, n1) for n1 in (1, 2, 4, 8, 16)), rel=0.5)
        assert f"weakest scale (neighbours {row['scale_shown']:.0f} and " in answer.evidence


def p_at(value, n1):
    """By itself, the p of one scale: of its values as if they were the measure's own."""
    row, _ = row_and_answer(PAIRED, *tables(lambda reader, i: value(reader, i, n1)))
    return row["p"]


@pytest.mark.parametrize("claim", [GROUPS, TREND], ids=["groups", "trend"])
def test_other_effects_of_dimensions_are_tested_at_every_scale_too(claim):
    def value(reader, i, n1=1):
        shift = -9.0 * (i % 2) if claim is GROUPS else float(i)
        return 100 + noise(i, n1) + (-shift if n1 == 4 else shift)

    row, _ = row_and_answer(claim, *at_scales(*tables(value), value))
    assert (row["verdict"], row["scales_as_predicted"]) == ("undecided", 4)
    row, _ = row_and_answer(claim, *at_scales(*tables(value), value, scales=(1, 2, 8)))
    assert (row["verdict"], row["scales"], row["scales_as_predicted"]) == ("supported", 3, 3)
    row, _ = row_and_answer(claim, *at_scales(*tables(value), value, scales=()))
    assert (row["verdict"], row["status"]) == ("undecided", "no_plateau")
    row, _ = row_and_answer(claim, *at_scales(*tables(value), value, scales=(), status="ok"))
    assert (row["verdict"], ONE_SCALE in row["caveat"]) == ("supported", True)


@pytest.mark.parametrize(("slope", "verdict"), [(1.0, "supported"), (-1.0, "contradicted"), (0.0, "undecided")])
def test_a_trend_over_prompts_is_found_where_it_was_planted(slope, verdict):
    """Prompt i has a surprisal of i nats a token, and a dimension that follows it or does not."""
    row, answer = row_and_answer(TREND, *tables(lambda reader, i: 10 + slope * i + noise(i)))
    assert row["verdict"] == verdict, row
    assert (row["effect_is"], row["n_a"], row["expect"]) == ("correlation", 24, "a > b")
    assert "(0.0 to 23.0 nats a token)" in row["words"]
    assert answer.sides == "24 texts"
    assert "rank correlation" in answer.evidence


def test_complex_prompts_that_are_longer_are_said_to_be():
    row, _ = row_and_answer(TREND, *tables(lambda reader, i: 10 + noise(i), length=lambda i: 5 + i))
    assert row["caveat"] == f"here, longer prompts are more complex (rho 1.00); {ONE_SCALE}"


def pooled(points=60, **values):
    """Estimates of one pooled cloud of BASE, one value a measure."""
    samples, estimates = tables(lambda reader, i: 10.0 + i)
    common = {"condition": "base", "prompt": "block-00000", "text": TEXT, "layer": 1, "cloud": "texts", "n": points}
    common |= {"status": "ok"}
    rows = [common | {"measure": name, "value": value} for name, value in values.items()]
    return samples, pd.concat([estimates, pd.DataFrame(rows)], ignore_index=True)


@pytest.mark.parametrize(
    ("values", "verdict", "meant"),
    [
        ({"two_nn": 40.0, "participation_ratio": 3.0}, "supported", "only TwoNN dimension could mean such"),
        (
            {"two_nn": 4.0, "participation_ratio": 30.0},
            "undecided",
            "only participation ratio could mean such",
        ),
        ({"two_nn": 4.0, "participation_ratio": 3.0}, "contradicted", "none of these could mean such"),
    ],
)
def test_only_a_dimension_read_from_neighbours_decides_a_range(values, verdict, meant):
    row, answer = row_and_answer(RANGE, *pooled(**values))
    assert row["verdict"] == verdict
    assert row["caveat"] == f"{meant} a dimension; 60 points, so no linear measure can exceed 59"
    assert (row["effect_is"], row["measure"], row["expect"]) == ("range", None, None)
    assert answer.evidence is None


@pytest.mark.parametrize(
    ("far", "verdict", "caveat"),
    [
        (45.0, "supported", "only TwoNN dimension could mean such a dimension; 60 points"),
        (
            80.0,
            "undecided",
            "none of these could mean such a dimension; the dimension depends on the scale",
        ),
    ],
)
def test_a_dimension_must_lie_in_the_range_at_every_scale(far, verdict, caveat):
    row, _ = row_and_answer(RANGE, *pooled(two_nn=40.0, gride_1_calibrated=35.0, gride_16_calibrated=far))
    assert row["verdict"] == verdict
    assert row["caveat"].startswith(caveat)
    assert row["words"] == f"TwoNN dimension 40 to 40 (35 to {far:g} over the scales)"


def test_a_range_is_left_open_where_the_dimension_depends_on_the_scale_and_no_curve_is_held():
    samples, estimates = pooled(intrinsic_dimension=4.0, participation_ratio=3.0)
    estimates.loc[estimates["measure"] == "intrinsic_dimension", "status"] = "no_plateau"
    row, _ = row_and_answer(RANGE, samples, estimates)
    assert row["verdict"] == "undecided"
    assert "this run has no curve over the scales" in row["caveat"]


def test_a_range_beyond_the_number_of_points_is_not_measured():
    row, answer = row_and_answer(RANGE, *pooled(points=50, two_nn=40.0))
    assert (row["verdict"], row["status"]) == ("not measured", "too_few_points")
    assert answer.why_not_measured.startswith("too few points: 50 points, so no linear measure can exceed 49")
    row, _ = row_and_answer(RANGE, *tables(lambda reader, i: 10.0 + i))
    assert row["caveat"] == "0 points, so no linear measure can exceed -1"


def test_changes_of_too_few_texts_share_nothing_that_could_be_tested():
    row, answer = row_and_answer(SUBSPACES, *tables(lambda reader, i: 10.0 + i), {"planted": Changes(3, 5, None)})
    assert (row["verdict"], row["n_a"], row["n_b"], row["cloud"]) == ("not measured", 3, 5, "prompts")
    assert answer.why_not_measured == "too few texts (3 against 5)"


@pytest.mark.parametrize(
    ("kl", "relative_change", "verdict"),
    [(0.0, 0.0, "not measured"), (0.1, 0.0, "supported"), (0.0, 0.1, "supported")],
)
def test_two_copies_of_a_model_are_asked_nothing(kl, relative_change, verdict):
    samples, estimates = tables(lambda reader, i: 10 + noise(i) - 3.0 * (reader == "tuned"))
    outputs = {"condition": "pair", "prompt": "p00", "text": TEXT, "measure": "kl", "layer": 1, "cloud": "none"}
    estimates = pd.concat([estimates, pd.DataFrame([outputs | {"value": kl, "status": "ok"}])], ignore_index=True)
    row, answer = row_and_answer(PAIRED, samples, estimates, relative_change=relative_change)
    assert row["verdict"] == verdict
    if verdict == "not measured":
        assert (row["status"], answer.why_not_measured) == ("same_model", "the two models are the same")
