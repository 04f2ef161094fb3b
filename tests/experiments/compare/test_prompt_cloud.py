"""What is asked of all texts of a comparison together, against scipy and llmgeo's own measures on planted points."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from llmgeo import measures
from llmgeo.experiments.compare.names import sample_id
from llmgeo.experiments.compare.prompt_cloud import influences, point_estimates
from llmgeo.experiments.compare.shared_directions import changes, overlap_rows
from llmgeo.recipe import load_recipe


def cloud(seed=0, shape=(2, 30, 12)):
    return np.random.default_rng(seed).normal(size=shape) * np.linspace(3, 0.1, shape[-1])


class TestRankMe:
    def test_the_mean_over_prompts_is_the_clouds_value(self):
        points = cloud()
        found = influences(points)
        expected = measures.rank_me(torch.from_numpy(points)).value
        np.testing.assert_allclose(found["rank_me"].mean(-1), expected, rtol=1e-6)
        eigenvalues = np.linalg.eigvalsh(np.stack([np.cov(layer.T) for layer in points]))
        np.testing.assert_allclose(found["covariance_rank"].mean(-1), np.exp(entropy(eigenvalues, axis=-1)), rtol=1e-6)

    def test_the_spread_over_prompts_is_the_spread_over_samples(self):
        values = [influences(cloud(seed, (1, 40, 12)))["covariance_rank"][0] for seed in range(200)]
        across_samples = np.std([one.mean() for one in values])
        within = np.mean([one.std(ddof=1) / np.sqrt(40) for one in values])
        assert within == pytest.approx(across_samples, rel=0.2)

    @settings(max_examples=10, deadline=None)
    @given(st.integers(0, 1000), st.floats(0.01, 100))
    def test_size_place_and_rotation_change_nothing(self, seed, size):
        turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(12, 12)))[0]
        found, moved = (influences(points)["rank_me"] for points in (cloud(), 3 + size * cloud() @ turn))
        np.testing.assert_allclose(found, moved, rtol=1e-3)

    def test_only_prompts_that_every_reader_has_are_taken(self):
        points = {
            sample_id(f"p{n}", "neutral", reader): cloud(n, (2, 3, 8)).astype(np.float32)
            for n in range(6)
            for reader in ("base", "tuned", "jittered")
        }
        del points["p2-neutral-jittered"]
        rows = point_estimates(points, [f"p{n}" for n in range(6)])
        assert set(rows["n"]) == {5}
        assert not rows["sample"].str.startswith("p2").any()
        assert point_estimates(points, ["p0", "p1", "p2"]).empty


class TestSharedDirections:
    def test_problems_are_paired_by_their_ids_and_counted(self):
        [claim] = [claim for claim in load_recipe("rlhf").claims if claim.kind == "subspaces"]
        kinds = {f"reasoning-{n}-steps": "reasoning_steps" for n in range(8)}
        kinds |= {f"reasoning-{n}-plain": "reasoning_plain" for n in range(7)}
        kinds |= {f"harmless-{n}": "harmless" for n in range(9)}
        points = {
            sample_id(prompt, text, reader): cloud(number, (2, 3, 20)).astype(np.float32)
            for number, (prompt, text, reader) in enumerate(
                (prompt, text, reader)
                for prompt in kinds
                for text in ("base_answer", "tuned_answer")
                for reader in ("base", "tuned", "jittered")
            )
        }
        found = changes(points, kinds, claim)
        assert (found.problems, found.texts, found.status) == (7, 9, "ok")
        rows = overlap_rows(found)
        assert rows.query("measure == 'steps_tuning_overlap'")["value"].between(0, 1).all()
        fewer = changes(points, dict(list(kinds.items())[:5]), claim)
        assert fewer.status == "too_few_points"
        assert overlap_rows(fewer).empty
