"""Results do not depend on the pieces in which a run is read, nor on where its columns lie meanwhile."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.experiments.probe import analysis, contrast_panels
from llmgeo.experiments.probe.analysis import result_tables
from llmgeo.experiments.probe.estimate_columns import EstimateColumns
from llmgeo.measures.status import NEEDS_STATES, USABLE
from llmgeo.recipe.load import parse_recipe
from llmgeo.run import column_store
from llmgeo.statistics import auc_contrast, auc_contrasts
from llmgeo.user_file import UserFile
from tests.experiments.probe.test_analysis import RECIPE, planted

MEASURES, LAYERS = ("two_nn", "jumps", "not_wanted"), (0, 3)
STATUSES = ("ok", "no_plateau", "degenerate_cloud", "constant", NEEDS_STATES)


def random_estimates(seed: int, samples: list[str]) -> pd.DataFrame:
    """Some of all samples, measures and layers, each with any status, and nan for what was refused."""
    random = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([samples, MEASURES, LAYERS], names=["sample", "measure", "layer"])
    table = keys[random.random(len(keys)) < 0.7].to_frame(index=False)
    status = random.choice(STATUSES, len(table))
    value, null = np.where(np.isin(status, USABLE), random.standard_normal((2, len(table))), np.nan)
    points = random.integers(1, 100, len(table))
    return table.assign(value=value, null=null, status=status, n=points, n_unique=points // 2)


def split(table: pd.DataFrame, cuts: set[int]) -> list[pd.DataFrame]:
    """Pieces of whole samples, with the first so many samples in each."""
    numbers = pd.factorize(table["sample"])[0]
    piece = np.searchsorted(sorted(cuts), numbers, side="right")
    return [table[piece == number] for number in range(len(cuts) + 1)]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.sets(st.integers(1, 8)), st.booleans())
def test_columns_are_pandas_pivot_in_any_pieces(tmp_path_factory, seed, cuts, is_in_file):
    samples = [f"s{number}" for number in range(9)]
    table, random = random_estimates(seed, samples), np.random.default_rng(seed)
    known, groups = pd.Series(samples[1:]), random.integers(-1, 2, 8)
    folder = tmp_path_factory.getbasetemp() if is_in_file else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(column_store.ColumnStore.__init__, "__defaults__", (None, 0))
        columns = EstimateColumns(known, groups, MEASURES[:2], folder)
    for piece in split(table, cuts):
        columns.add(piece)
    assert columns.need_states == set(table.loc[table["status"] == NEEDS_STATES, "measure"])
    wanted = table[table["measure"].isin(MEASURES[:2])]
    assert set(columns.keys) == set(zip(wanted["measure"], wanted["layer"], strict=True))
    for name, store in (("value", columns.values), ("null", columns.nulls)):
        wide = wanted.pivot(index="sample", columns=["measure", "layer"], values=name).reindex(known)
        for key, place in columns.keys.items():
            np.testing.assert_array_equal(store.take([place])[:, 0], wide[key])
    check_counts(columns, wanted, known, groups)


def check_counts(columns, wanted, known, groups):
    for group in range(groups.max() + 1):
        rows = wanted[wanted["sample"].isin(known[groups == group])]
        for key, place in columns.keys.items():
            of_key = rows[(rows["measure"] == key[0]) & (rows["layer"] == key[1])]
            points = of_key["n"].sum() if len(of_key) else np.nan
            np.testing.assert_equal(columns.points("n", group, [place])[0], points)
            assert columns.without_plateau(group, [place])[0] == (of_key["status"] == "no_plateau").sum()
            refused = of_key.loc[~of_key["status"].isin(USABLE), "status"].value_counts()
            [reason] = columns.commonest_reason(group, [place])
            assert reason is None if refused.empty else refused[reason] == refused.max()


def test_an_estimate_that_is_there_twice_is_no_estimate():
    table = random_estimates(0, ["a", "b"])
    columns = EstimateColumns(pd.Series(["a", "b"]), np.zeros(2, dtype=int), MEASURES)
    with pytest.raises(ValueError, match="two estimates"):
        columns.add(pd.concat([table, table]))


@pytest.mark.parametrize("cuts", [set(), {1}, {10, 20, 30}, set(range(1, 48))])
def test_results_are_the_same_in_any_pieces_and_from_a_file(tmp_path, monkeypatch, cuts):
    recipe = parse_recipe(UserFile("planted.toml", RECIPE, None))
    samples, estimates = planted(refused=["p3-wild"], bent=["p5-calm"], short=["p7-calm"])
    whole = result_tables(samples, [estimates], recipe, 1)
    monkeypatch.setattr(column_store.ColumnStore.__init__, "__defaults__", (None, 0))
    pieces = [piece.astype({"measure": "category", "sample": "category"}) for piece in split(estimates, cuts)]
    for table, streamed in zip(whole, result_tables(samples, pieces, recipe, 1, tmp_path), strict=True):
        pd.testing.assert_frame_equal(table, streamed, check_exact=True)


def test_results_are_the_same_a_few_columns_at_a_time(monkeypatch):
    recipe = parse_recipe(UserFile("planted.toml", RECIPE, None))
    samples, estimates = planted(refused=["p3-wild"])
    whole = result_tables(samples, [estimates], recipe, 1)
    for module in (analysis, auc_contrasts):
        monkeypatch.setattr(module, "BLOCK", 50)
    for table, chunked in zip(whole, result_tables(samples, [estimates], recipe, 1), strict=True):
        pd.testing.assert_frame_equal(table, chunked, rtol=1e-12)


def test_a_column_that_is_read_alone_gives_what_the_array_gives():
    class OneAtATime:
        def __init__(self, values):
            self.values, self.shape, self.most = values, values.shape, 0

        def take(self, columns):
            self.most = max(self.most, len(columns))
            return self.values[:, columns].copy()

    random = np.random.default_rng(0)
    values = random.standard_normal((600, 5))
    values[random.random(values.shape) < 0.1] = np.nan
    group, prompts = np.arange(600) % 2 == 0, np.arange(600) // 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auc_contrasts, "BLOCK", 600)
        columns = OneAtATime(values)
        streamed = auc_contrast(columns, group, prompts, values[:, :1])
    assert columns.most == 1
    whole = auc_contrast(values, group, prompts, values[:, :1])
    for name in vars(whole):
        expected = getattr(whole, name)
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(getattr(streamed, name), expected, rtol=1e-12)
        else:
            np.testing.assert_array_equal(getattr(streamed, name), expected)


@pytest.mark.parametrize(("most", "texts"), [(1, 3), (3, 3), (5, 3), (6, 6), (100, 9)])
def test_dots_are_of_whole_prompts(monkeypatch, most, texts):
    monkeypatch.setattr(contrast_panels, "MOST_TEXTS", most)
    table = pd.DataFrame({"prompt": ["b", "a", "c"] * 3, "place": range(9)})
    drawn = contrast_panels.drawn_texts(table)
    assert len(drawn) == texts
    assert set(drawn["prompt"]) == set(["b", "a", "c"][: texts // 3])
