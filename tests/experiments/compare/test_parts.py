"""The parts of a comparison against scipy, numpy and closed forms."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.errors import RecipeError
from llmgeo.experiments.compare.claims import claim_table
from llmgeo.experiments.compare.distances import pair_rows
from llmgeo.experiments.compare.measured import Measured
from llmgeo.experiments.compare.names import sample_id
from llmgeo.experiments.compare.recipe import TextSide, TrendClaim
from llmgeo.experiments.compare.texts import draws_of
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.recipe import load_recipe
from llmgeo.report.claims import claim_answers


class TestPairMeasures:
    def test_the_difference_cloud_has_the_dimension_that_was_planted(self):
        generator = torch.Generator().manual_seed(0)
        base = torch.randn(1, 400, 64, generator=generator, dtype=torch.float64)
        moved = base + torch.randn(1, 400, 5, generator=generator, dtype=torch.float64) @ torch.eye(5, 64).double()
        rows = {row["measure"]: row["value"] for row in pair_rows(base, moved, base, "float32", "text")}
        assert rows["difference_participation_ratio"] == pytest.approx(5, rel=0.05)
        assert rows["difference_intrinsic_dimension"] == pytest.approx(5, rel=0.2)

    def test_a_shift_is_measured_in_radii(self):
        base = torch.randn(2, 300, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        rows = {
            (row["measure"], row["layer"]): row["value"] for row in pair_rows(base, base + 1, base, "float32", "text")
        }
        assert rows["mean_shift", 0] == pytest.approx(1.0, rel=0.05)  # |(1, …, 1)| = 4, the radius of the cloud too
        assert rows["mean_shift_cosine", 1] == pytest.approx(1.0)
        assert rows["unrotated_residual", 0] == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize(("slope", "verdict"), [(1.0, "supported"), (-1.0, "contradicted"), (0.0, "undecided")])
def test_a_trend_over_prompts_is_found_where_it_was_planted(slope, verdict):
    """Prompt i has a surprisal of i nats a token, and a dimension that follows it or does not."""
    generator = np.random.default_rng(1)
    samples, estimates = [], []
    for i in range(24):
        row = {"prompt": f"p{i:02}", "prompt_length": 5, "token_surprisal": [np.nan] + [float(i)] * 4 + [99.0] * 8}
        names = {who: sample_id(row["prompt"], "tuned_answer", who) for who in ("base", "tuned", "jittered")}
        for who, name in names.items():
            samples.append(row | {"sample": name, "condition": who, "text_kind": "tuned_answer"})
            value = 10 + slope * i + generator.normal()
            where = {"condition": who, "prompt": row["prompt"], "text": "tuned_answer"}
            estimates.append(where | {"measure": "two_nn", "layer": 1, "cloud": "text", "value": value, "status": "ok"})
    asked = TrendClaim(
        name="t", kind="trend", sentence="It rises.", source="planted", measure="two_nn", layers="last",
        a=TextSide(reader="tuned", text="tuned_answer"), expect="rises",
    )  # fmt: skip
    recipe = load_recipe("rlhf").model_copy(update={"claims": (asked,)})
    weights = pd.DataFrame({"measure": ["relative_change"], "value": [0.1]})
    draws = {f"p{i:02}": i % 4 for i in range(24)}
    measured = Measured(pd.DataFrame(samples), pd.DataFrame(estimates), weights, {}, {}, draws, 1)
    [row] = claim_table(ValuesByPrompt(measured, {}), recipe).to_dict("records")
    assert row["verdict"] == verdict, row
    assert (row["effect_is"], row["n_a"]) == ("correlation", 24)
    assert "(0.0 to 23.0 nats a token)" in row["words"]
    [answer] = claim_answers(pd.DataFrame([row]))
    assert answer.sides == "24 texts"
    assert "rank correlation" in answer.evidence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "compare"', 'kind = "compair"'), "did you mean compare?"),
        (('kind = "trend"\n', ""), 'kind is missing; allowed: "paired", "groups", "trend", "range", "subspaces"'),
        (('kind = "trend"', 'kind = "tend"'), "did you mean trend?"),
        (('layers = "last"', 'layers = "lats"'), "did you mean last?"),
        (("tokens = 48", "tokens = 480"), "reaches beyond generation.new_tokens = 96"),
        (('measure = "intrinsic_dimension"', 'measure = "intrinsic_dimensions"'), "did you mean intrinsic_dimension?"),
        (('measure = "covariance_rank"', 'measure = "rank_mee"'), "did you mean rank_me?"),
        (('cloud = "prompts"\n', ""), "is not in the recipe's [measures]"),
        (('tuning = ["harmless", "refuse"]', 'tuning = ["reasoning_steps"]'), "two changes from the same prompts"),
        (('kinds = ["harmless"]', 'kinds = ["refuse"]'), "name different ones"),
        (("low = 300.0", "low = 900.0"), "must be below high"),
        (("new_tokens = 96", "new_token = 96"), "new_token"),
        (('reader = "base"\n', 'reader = "bass"\n'), "bass"),
    ],
)
def test_a_faulty_recipe_is_refused_with_the_place(tmp_path, change, said):
    source = load_recipe("rlhf").source.decode()
    assert change[0] in source
    file = tmp_path / "mine.toml"
    file.write_text(source.replace(*change))
    with pytest.raises(RecipeError, match=r"mine\.toml") as error:
        load_recipe(file)
    assert said in str(error.value)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["refuse", "harmless", "steps"]), min_size=1, max_size=16), st.integers(2, 16))
def test_every_kind_of_prompt_is_read_with_as_many_draws_as_it_has_prompts(kinds, draws):
    numbers = np.array(draws_of(kinds, draws))
    for kind in set(kinds):
        of_kind = numbers[[other == kind for other in kinds]]
        assert len(set(of_kind)) == min(len(of_kind), draws)
        counts = np.bincount(of_kind, minlength=draws)
        assert counts.max() - counts.min() <= 1
