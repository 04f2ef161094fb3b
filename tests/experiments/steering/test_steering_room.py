"""The comparison of ways on a tiny model that loops: each way against transformers' own, tables against plain sums."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.errors import RecipeError
from llmgeo.experiments.steering.analysis import difference
from llmgeo.experiments.steering.pairs import Pairs, Text
from llmgeo.model.sources.toy import toy_model
from llmgeo.monitor.watcher import REST
from llmgeo.recipe import load_recipe
from llmgeo.texts.repetition import rep_n
from tests.experiments.steering.small import SOURCE, led_run, recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return led_run(tmp_path_factory.mktemp("steering"))


@pytest.fixture(scope="module")
def texts(run):
    samples = run.samples
    return {
        (row["prompt"], row["condition"]): (list(row["token_ids"]), int(row["prompt_length"]), row)
        for row in samples.to_dict("records")
    }


def of(texts, way):
    return [(prompt, *each) for (prompt, own), each in texts.items() if own == way]


@pytest.mark.parametrize(
    ("way", "settings"),
    [("plain", {}), ("penalty", {"repetition_penalty": 1.5}), ("once", {"no_repeat_ngram_size": 4})],
)
def test_what_acts_always_is_transformers_own(texts, way, settings):
    """Each text alone, by `generate` with its own arguments; here they ran in batches with padding before them."""
    import torch

    model = toy_model(layers=2, width=16, seed=1)
    for _, ids, length, _ in of(texts, way):
        prompt = torch.tensor([ids[:length]])
        own = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=120, do_sample=False, **settings
        )
        assert own[0].tolist() == ids


def test_plain_texts_loop_and_led_ones_loop_less(run):
    ways = run.table("ways").set_index("way")
    assert ways.loc["plain", "loops"] == 1.0
    assert ways.loc["plain", "led"] == 0
    assert ways.loc["once", "led"] == 1
    assert ways.loc[["penalty", "once", "dry", "cut"], "loops"].max() < 1.0
    assert (ways["texts"] == 6).all()


def test_what_acts_while_alarmed_touches_nothing_before(texts):
    for prompt, ids, length, row in of(texts, "dry-alarmed"):
        plain, _, _ = texts[prompt, "plain"]
        monitor = llmgeo.Monitor(llmgeo.load(toy_model(layers=2, width=16, seed=1)), thresholds={"text": 0.3})
        first = monitor.replay(plain, length).alarm.position
        assert ids[: length + first + 1] == plain[: length + first + 1]
        assert 0 < row["led"] < len(ids) - length
        assert rep_n(ids[length:]) < rep_n(plain[length:])


def test_the_baseline_has_the_same_mean_temperature_on_each_prompt(texts):
    for prompt, _, _, row in of(texts, "warm-alarmed"):
        assert row["temperature"] == pytest.approx(row["led"] / row["written"])
        assert texts[prompt, "warm"][2]["temperature"] == pytest.approx(row["temperature"])


def test_surprisal_is_that_of_the_model_as_it_is(texts):
    model = llmgeo.load(toy_model(layers=2, width=16, seed=1))
    for way in ("penalty", "dry", "warm-alarmed", "cut"):
        for _, ids, length, row in of(texts, way)[:2]:
            read = model.read(ids).surprisal[length:].mean()
            assert row["surprisal"] == pytest.approx(float(read), abs=1e-4)


def test_cuts_are_counted(run, texts):
    ways = run.table("ways").set_index("way")
    cut = [row for *_, row in of(texts, "cut")]
    assert ways.loc["cut", "thrown"] == pytest.approx(
        sum(row["thrown"] for row in cut) / sum(row["thrown"] + row["written"] for row in cut)
    )
    assert all(row["cuts"] > 0 and row["led"] >= min(REST, row["written"] - 1) for row in cut)
    assert (ways.drop("cut")["thrown"] == 0).all()


def test_a_share_has_wilsons_interval_and_a_pair_is_paired(run, texts):
    ways = run.table("ways").set_index("way")
    share = binomtest(6, 6).proportion_ci(method="wilson")
    assert ways.loc["plain", ["loops_low", "loops_high"]].tolist() == pytest.approx([share.low, share.high])
    table = run.table("differences")
    assert len(table) == 8 * 7 / 2 * 3
    row = table[(table["way"] == "dry") & (table["against"] == "plain") & (table["quantity"] == "distinct_2")].iloc[0]
    expected = []
    for prompt, ids, length, _ in of(texts, "dry"):
        own, other = (each[length:] for each in (ids, texts[prompt, "plain"][0]))
        tokens = min(len(own), len(other))
        pairs = [len(set(pairwise(each[:tokens]))) for each in (own, other)]
        expected.append((pairs[0] - pairs[1]) / (tokens - 1))
    assert row["difference"] == pytest.approx(np.mean(expected))
    assert row["says"] == ("higher" if row["low"] > 0 else "not told apart")


def sides(*ways):
    """Texts by prompt, of which these end in loops."""
    return ({f"p{number}": Text(bool(each), [1, 2], np.zeros(2)) for number, each in enumerate(way)} for way in ways)


def test_nothing_is_said_where_the_interval_holds_zero():
    a, b = sides([0] * 11 + [1], [0] * 10 + [1, 1])
    assert difference(a, b, "loops", 0)["says"] == "not told apart"
    a, b = sides([0] * 32, [1] * 20 + [0] * 12)
    found = difference(a, b, "loops", 0)
    assert found["says"] == "lower"
    assert found["differ"] == 20
    same = difference(a, a, "loops", 0)
    assert (same["says"], same["differ"], same["difference"]) == ("not told apart", 0, 0.0)


def test_pairs_are_over_equally_many_tokens():
    short, long = (
        Text(False, [1, 2, 3], np.array([1.0, 2, 3])),
        Text(True, [1, 2, 1, 2, 1], np.array([1.0, 2, 9, 9, 9])),
    )
    assert Pairs.of({"p": short}, {"p": long}, "distinct_2").other.tolist() == [1.0]
    assert Pairs.of({"p": short}, {"p": long}, "surprisal").other.tolist() == [4.0]
    assert Pairs.of({"p": short}, {"p": long}, "loops").other.tolist() == [1.0]
    one = Text(False, [1], np.array([1.0]))
    assert Pairs.of({"p": one}, {"p": long}, "distinct_2").prompts == []


def test_screen_page_and_analyze_say_it(run, tmp_path):
    shown = CliRunner().invoke(app, ["show", str(run.path), "--ways"])
    assert "dry-alarmed" in shown.stdout
    assert "Fewer loops than plain" in shown.stdout
    assert "calibrated on 12,000 tokens" in shown.stdout
    page = run.report(tmp_path / "page.html").read_text()
    assert "Each beside each" in page
    again = llmgeo.analyze(run, recipe=recipe())
    assert again.claims["verdict"].tolist() == run.claims["verdict"].tolist()


def test_the_recipe_that_is_shipped_compares_what_people_use():
    shipped = load_recipe("steering")
    by_name = {way.name: way for way in shipped.ways}
    assert by_name["repetition-penalty"].penalty == 1.1
    assert by_name["no-4-gram-twice"].size == 4
    assert (by_name["dry"].multiplier, by_name["dry"].base, by_name["dry"].allowed) == (0.8, 1.75, 2)
    assert by_name["warm-always"].same_mean_as == "warm-while-alarmed"
    assert (shipped.prompts.limit, shipped.generation.new_tokens, shipped.decoder.temperature) == (32, 256, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'same_mean_as = "warm-alarmed"', b'same_mean_as = "warm-alarmd"', "did you mean warm-alarmed"),
        (b'same_mean_as = "warm-alarmed"', b'same_mean_as = "warm"', "none of the ways"),
        (b'same_mean_as = "warm-alarmed"', b"", "either temperature or same_mean_as"),
        (b'way = "dry"', b'way = "dri"', "did you mean dry"),
        (b'name = "once"', b'name = "penalty"', "is taken by ways"),
        (b"size = 4", b"size = 0", "size"),
        (b'by = "cut"', b'by = "chop"', "chop"),
    ],
)
def test_a_mistake_is_said_with_what_is_allowed(old, new, said):
    with pytest.raises(RecipeError, match=said):
        recipe(SOURCE.replace(old, new))
