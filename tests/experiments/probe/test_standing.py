"""What is said while a probe runs: a verdict only where no further text can turn it, and a look is called a look."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.experiments.probe.analysis import result_tables
from llmgeo.experiments.probe.standing import MOST_TEXTS, Standing
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile
from tests.experiments.probe.test_analysis import PROMPTS, RECIPE, planted, with_scales

FINAL = ("supported", "contradicted", "undecided", "not measured")


@pytest.fixture(scope="module")
def recipe():
    return parse_recipe(UserFile("planted.toml", RECIPE, None))


def units(samples, estimates, sizes):
    """The tables' rows, cut into units of so many prompts."""
    start = 0
    for number, size in enumerate(sizes):
        prompts = {f"p{prompt}" for prompt in range(start, min(start + size, PROMPTS))}
        start += size
        part = samples[samples["prompt"].isin(prompts)]
        rows = estimates[estimates["sample"].isin(part["sample"])]
        yield f"{number:05d}", part.to_dict("records"), rows.to_dict("records")


def watch(standing, parts):
    """What is said after each unit."""
    said = []
    for name, samples, estimates in parts:
        standing.take(name, samples, estimates)
        said.append(list(standing.news()))
    return said


def state(line):
    """The state or the verdict; what it is worth beside a baseline follows a comma."""
    return line.partition(" · ")[2].partition(":")[0].partition(",")[0]


@settings(max_examples=15, deadline=None)
@given(gap=st.sampled_from([-5.0, 0.0, 0.3, 0.6, 0.9, 5.0]), size=st.integers(3, PROMPTS))
def test_no_verdict_before_all_prompts_are_in_and_then_that_of_the_run(gap, size):
    recipe = parse_recipe(UserFile("planted.toml", RECIPE, None))
    samples, estimates = planted(dimension_gap=gap)
    sizes = [size] * -(-PROMPTS // size)
    said = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, sizes))
    early, last = [line for lines in said[:-1] for line in lines], said[-1]
    assert not any(state(line) in FINAL for line in early)
    assert all("no verdict yet" in line and f" of {PROMPTS} prompts" in line for line in early)
    claims = result_tables(samples, [estimates], recipe, blocks=1)[2].set_index("sentence")["verdict"]
    for line in last:
        verdict = next(claims[sentence] for sentence in claims.index if sentence in line)
        assert state(line) == verdict or (state(line) == "open so far" and verdict == "undecided")
    assert (
        len(last) == len(claims) or any(state(line) != "open so far" for line in early) or abs(gap) in (0.3, 0.6, 0.9)
    )


def test_a_claim_whose_texts_are_in_waits_for_no_other_and_is_never_said_to_stand_by_too_small_a_q(recipe):
    """With the other claim's texts missing: what the whole run may leave open is not said."""
    later = recipe.claims[1].model_copy(update={"a": recipe.claims[1].a.model_copy(update={"conditions": ("later",)})})
    recipe = recipe.model_copy(update={"claims": (recipe.claims[0], later)})
    for gap in (-5.0, 0.3, 0.6, 0.9, 5.0):
        samples, estimates = planted(dimension_gap=gap)
        [said] = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, [PROMPTS]))
        verdict = result_tables(samples, [estimates], recipe, blocks=1)[2].iloc[0]["verdict"]
        assert [state(line) for line in said] in ([verdict], [])
        assert said or abs(gap) < 1


def test_a_claim_on_a_dimension_is_looked_at_over_every_scale(recipe):
    """What a look keeps of a unit is all that the verdict at the end rests on."""
    samples, estimates = with_scales(*planted(), lambda n1: 5.0 - n1)
    [said] = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, [PROMPTS]))
    assert [state(line) for line in said] == ["undecided", "undecided"]
    samples, estimates = with_scales(*planted(), lambda n1: 5.0)
    [said] = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, [PROMPTS]))
    assert [state(line) for line in said] == ["supported", "undecided"]
    assert "over the scales" in said[0]


def test_only_changes_are_said(recipe):
    samples, estimates = planted()
    said = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, [8, 8, 8]))
    assert [[state(line) for line in lines] for lines in said] == [
        ["as predicted so far"],
        [],
        ["supported", "undecided"],
    ]
    assert said[0][0].startswith("8 of 24 prompts · as predicted so far: Wild text has a higher dimension. 100 of 100 ")
    assert said[2][0].startswith("24 of 24 prompts · supported, beyond mean entropy: Wild text has a higher dimension.")
    samples, estimates = planted(dimension_gap=-5.0)
    said = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, [12, 12]))
    assert [[state(line) for line in lines] for lines in said] == [
        ["against the prediction so far"], ["contradicted", "undecided"]
    ]  # fmt: skip


def test_a_unit_that_is_measured_anew_counts_once(recipe):
    samples, estimates = planted()
    [(name, rows, values)] = units(samples, estimates, [PROMPTS])
    standing = Standing(recipe, PROMPTS, blocks=1)
    half = [row for row in rows if row["condition"] == "calm"]
    standing.take(name, half, values)
    assert list(standing.news()) == []
    standing.take(name, rows, values)
    assert len(list(standing.news())) == 2
    assert list(standing.news()) == []


def test_a_side_without_texts_is_not_measured(recipe):
    samples, estimates = planted(short=[f"p{prompt}-wild" for prompt in range(PROMPTS)])
    [said] = watch(Standing(recipe, PROMPTS, blocks=1), units(samples, estimates, [PROMPTS]))
    assert [state(line) for line in said] == ["not measured", "not measured"]
    assert said[0].endswith(" No text of wild to measure (0 against 24 texts); use more prompts (--limit).")
    assert said[0].count("not measured") == 1


def test_what_an_interrupted_run_holds_is_known(recipe):
    class Stored:
        units = (1,)
        samples, estimates = planted()

    samples, estimates = planted()
    parts = list(units(samples, estimates, [16, 8]))
    Stored.samples = samples[samples["prompt"].isin([f"p{prompt}" for prompt in range(16)])]
    Stored.estimates = estimates[estimates["sample"].isin(Stored.samples["sample"])]
    standing = Standing(recipe, PROMPTS, blocks=1)
    standing.take_stored(Stored)
    [said] = watch(standing, parts[1:])
    assert [state(line) for line in said] == ["supported", "undecided"]


def test_a_run_of_too_many_texts_is_not_looked_at(recipe):
    samples, estimates = planted()
    standing = Standing(recipe, MOST_TEXTS, blocks=1)
    assert watch(standing, units(samples, estimates, [PROMPTS])) == [[]]
    assert standing.is_too_long
