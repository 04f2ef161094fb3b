"""The question of lensing: what is stored is what two readings give; planted differences are found and told apart."""

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

import llmgeo
from llmgeo.errors import RecipeError
from llmgeo.experiments.depth.lensing.analysis import claim_test, lensing_table
from llmgeo.experiments.depth.lensing.recipe import LensingClaim
from llmgeo.experiments.depth.screen import first_screen
from llmgeo.experiments.depth.summary import summarize
from llmgeo.measures.paths.depth import deflection, path_distance
from llmgeo.recipe.load import parse_recipe
from llmgeo.report.page import Options
from llmgeo.report.page.document import page_html
from llmgeo.texts.edits import read_edits
from llmgeo.user_file import UserFile

SOURCE = b"""
kind = "depth"
name = "small"
title = "lensing"
[prompts]
file = "coherence.jsonl"
[generation]
new_tokens = 64
[lensing]
together = 30
[[lensing.claims]]
name = "meaning"
sentence = "Meaning bends."
source = "nobody"
measure = "deflection"
expect = "a > b"
"""
OWN = b"""
[[lensing.edits]]
id = "a"
original = "The red cat sat"
meaning = "The big cat sat"
paraphrase = "The wet cat sat"
function = "The one cat sat"
random = "The ice cat sat"
probe = "sat"
[[lensing.edits]]
id = "b"
original = "The red dog ran"
meaning = "The small dog ran"
paraphrase = "The wet dog ran"
function = "The one dog ran"
random = "The ice dog ran"
probe = "ran"
"""


def recipe(source=SOURCE):
    return parse_recipe(UserFile("small.toml", source, None))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return llmgeo.probe("toy", recipe=recipe(SOURCE + OWN), out=tmp_path_factory.mktemp("lensing") / "run")


def screen(run):
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(first_screen(run, summarize(run), 100))
    return console.export_text()


def test_paths_are_those_of_readings_one_by_one(run):
    toy = llmgeo.load("toy")
    original, edited = (toy.read(text) for text in ("The red cat sat", "The big cat sat"))
    table = run.table("edit_layers").query("sentence == 'a' and kind == 'meaning'").set_index("layer")
    angles = deflection(edited.states[:, -1], original.states[:, -1])
    assert table["deflection"].iloc[1:].to_numpy() == pytest.approx(angles.numpy(), rel=1e-3)
    assert np.isnan(table["deflection"].iloc[0])
    apart = path_distance(edited.states[:, -1], original.states[:, -1]).numpy()
    assert table["path_distance"].to_numpy() == pytest.approx(apart, rel=1e-3, abs=1e-6)
    row = run.table("edits").query("sentence == 'a' and kind == 'meaning'").iloc[0]
    window = slice(4, 7)
    change = float(edited.surprisal[window].sum() - original.surprisal[window].sum())
    assert row["surprisal_change"] == pytest.approx(change, abs=1e-3)
    words = path_distance(edited.states[0, window], original.states[0, window]).mean()
    assert row["word_distance"] == pytest.approx(float(words), rel=1e-4)
    assert (row["original"], row["word"]) == ("red", "big")


def test_the_output_is_compared_behind_the_probe(run):
    toy = llmgeo.load("toy")
    predictions = []
    for text in ("The ice cat sat", "The red cat sat"):
        trajectory, logits = toy.read_with_logits(text)
        predictions.append(logits(slice(len(trajectory) - 1, len(trajectory)))[0].double().log_softmax(-1))
    expected = float((predictions[0].exp() * (predictions[0] - predictions[1])).sum())
    row = run.table("edits").query("sentence == 'a' and kind == 'random'").iloc[0]
    assert row["divergence"] == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_a_sentence_that_the_tokenizer_cuts_otherwise_is_told(run):
    table = run.table("edits").set_index("sentence")["status"]
    assert set(table["b"]) == {"not_aligned"}
    assert set(table["a"]) == {"ok"}
    assert "1 sentence left out" in " ".join(screen(run).split())
    assert run.claims.iloc[0]["verdict"] != "supported"


def test_without_sentences_of_ones_own_those_of_llmgeo_are_read(tmp_path):
    found = llmgeo.probe("toy", recipe=recipe(), out=tmp_path / "run")
    assert found.table("edits")["sentence"].nunique() == len(read_edits())
    assert found.samples.empty
    html = page_html(found, Options())
    assert "lensing-panels" in html
    assert "0 prompts" not in screen(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({b'id = "b"': b'id = "a"'}, "two sentences called 'a'"),
        ({b"The small dog ran": b"The small dog sat"}, "'b': the five versions must differ in one word"),
        ({b'expect = "a > b"': b'expect = "a > b"\nb = "meaning"'}, "is side a, too"),
    ],
)
def test_a_wrong_recipe_is_told(changes, said):
    source = SOURCE + OWN
    for old, new in changes.items():
        source = source.replace(old, new)
    with pytest.raises(RecipeError, match=said):
        recipe(source)


# --- planted tables ---------------------------------------------------------------------------------------------------


def planted(bend, by_surprisal, count=60, seed=0):
    """Sentences whose edit of meaning deflects by ``bend`` more, and by so much for each nat of surprise."""
    generator = np.random.default_rng(seed)
    edits, layers = [], []
    for place in range(count):
        base = generator.normal(4, 1)
        for kind in ("meaning", "paraphrase", "function", "random"):
            surprise = generator.normal(2 if kind == "meaning" else 1)
            plain = {"divergence": abs(generator.normal()), "word_distance": generator.uniform(), "status": "ok"}
            edits.append({"sentence": f"s{place}", "kind": kind, "surprisal_change": surprise} | plain)
            for layer in range(4):
                angle = base + layer + bend * (kind == "meaning") + by_surprisal * surprise + 0.3 * generator.normal()
                row = {"sentence": f"s{place}", "kind": kind, "layer": layer, "path_distance": 0.1, "status": "ok"}
                layers.append(row | {"deflection": angle if layer else np.nan})
    return pd.DataFrame(edits), pd.DataFrame(layers)


def answer(tables, **options):
    claim = LensingClaim(name="x", sentence="X.", source="nobody", measure="deflection", expect="a > b", **options)
    return claim_test(*tables, claim, 3)


def test_a_difference_that_surprise_makes_is_nothing_beyond_it():
    tables = planted(bend=0, by_surprisal=1)
    test = answer(tables)
    assert test.low > 0.5
    assert "nothing beyond them" in test.remarks[0]
    beyond = answer(tables, beyond=True)
    assert beyond.low < 0 < beyond.high
    assert beyond.p > 0.05


def test_a_difference_of_its_own_is_left():
    beyond = answer(planted(bend=1, by_surprisal=1), beyond=True)
    assert beyond.effect == pytest.approx(1, abs=0.3)
    assert beyond.low > 0


def test_layers_are_those_asked_for():
    test = answer(planted(bend=1, by_surprisal=0), layers=[1])
    assert test.layers == (1,)
    assert answer(planted(bend=1, by_surprisal=0), layers=[0]).status == "layers_left_out"


def test_the_table_has_differences_of_pairs():
    _, layers = planted(bend=1, by_surprisal=0)
    table = lensing_table(layers).set_index(["measure", "kind", "layer"])
    both = [table.loc[("deflection", kind, 2), "value"] for kind in ("meaning", "paraphrase")]
    row = table.loc[("deflection", "meaning − paraphrase", 2)]
    assert row["value"] == pytest.approx(both[0] - both[1])
    assert row["low"] < row["value"] < row["high"]


def test_deflection_turns_and_grows_with_nothing():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 5, 8, generator=generator, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(8, 8, generator=generator, dtype=torch.float64)).Q
    torch.testing.assert_close(deflection(3 * a @ turn + 2, 3 * b @ turn - 5), deflection(a, b))
    torch.testing.assert_close(deflection(a, b), deflection(b, a))
    assert float(deflection(a, a).max()) == 0
