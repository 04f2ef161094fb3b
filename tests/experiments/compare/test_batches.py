"""What a comparison gives in batches, on some layers, with its states kept, and with its parts spread over devices."""

import numpy as np
import pandas as pd
import pytest
import torch

import llmgeo
from llmgeo.engine.progress import SILENT, Silent
from llmgeo.experiments.compare.block_clouds import joined_windows
from llmgeo.experiments.compare.jitter import jitter_
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.unit import measure_block
from llmgeo.measures.weights import jittered
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.model.weights import ModuleWeights
from llmgeo.texts.prompts import Prompt
from tests.experiments.compare.pairs import TOKENIZER, changed, quick

PROMPTS = [Prompt(f"p{n}", "abcde"[n] + " word" * (1 + 5 * n) + " and so on", kind="harmless") for n in range(5)]
"""Of unequal lengths, and with no beginning in common: tokens behind the same ones have the same states."""

PLACES = {"model.embed_tokens": "cpu", "model.layers.0": "cpu", "model.layers.1": "disk", "model.norm": "disk",
          "model.rotary_emb": "cpu", "lm_head": "disk"}  # fmt: skip


@pytest.fixture(scope="module")
def models():
    base, tuned = changed()
    return PairModels(base, tuned, jitter="bfloat16", tokenizer=TOKENIZER)


def measured(models, tmp_path=None, rows=1, **options):
    return measure_block(models, PROMPTS, "block", quick(), SILENT, rows=rows, folder=tmp_path, **options)


@pytest.fixture(scope="module")
def alone(models):
    """Every text read by itself, its states in memory."""
    return measured(models)


def frames(parts):
    return {
        "samples": pd.DataFrame(parts.samples).drop(columns=["token_entropy", "token_surprisal"]),
        "tokens": parts.tokens,
        "estimates": pd.DataFrame(parts.estimates),
        "pooled": pd.DataFrame(parts.tables["pooled"]),
    }


def assert_same(parts, reference, **tolerance):
    for name, frame in frames(reference).items():
        pd.testing.assert_frame_equal(frames(parts)[name], frame, obj=name, **tolerance)
    assert parts.arrays["points"].keys() == reference.arrays["points"].keys()


@pytest.mark.parametrize("rows", [2, 7, 16])
def test_batches_change_rounding_alone(models, alone, tmp_path, rows):
    assert_same(measured(models, tmp_path, rows), alone, rtol=2e-3, atol=1e-4)
    assert not list(tmp_path.iterdir())


def test_a_file_changes_nothing(models, alone, tmp_path):
    assert_same(measured(models, tmp_path), alone, check_exact=True)


@pytest.mark.parametrize("template", [None, "{% for m in messages %}<{{ m['content'] }}>{% endfor %}:"])
def test_a_model_differs_from_itself_by_nothing_in_any_batch(tmp_path, template):
    """Also where a chat template makes the two read texts of unequal lengths: those share no batch with the others."""
    tokenizer = toy_tokenizer()
    tokenizer.chat_template = template
    model = toy_model()
    rows = pd.DataFrame(
        measured(PairModels(model, model, jitter="bfloat16", tokenizer=tokenizer), tmp_path, 4).estimates
    )
    plain = rows[~rows["sample"].str.contains("chat_answer")]
    assert not plain[plain["measure"].isin(["kl", "js", "procrustes_distance"])]["value"].any()
    assert (len(rows) > len(plain)) == (template is not None)


def test_layers_that_are_left_out_change_no_other(models, alone, tmp_path):
    few = measured(models, tmp_path, layers=(0, 2, 3, 6))
    for name, expected in frames(alone).items():
        frame = frames(few)[name]
        if "layer" in expected:
            expected = expected[expected["layer"].isin([0, 2, 3, 6])].reset_index(drop=True)
        if "measure" in expected:  # 2 and 6 have no layer before them
            lost = (expected["measure"] == "mean_shift_cosine") & expected["layer"].isin([2, 6])
            assert frame[lost]["value"].isna().all()
            assert set(frame[lost]["status"]) == {"undefined"}
            frame, expected = frame[~lost], expected[~lost]
            # Surrogates are drawn anew for the layers at hand.
            frame, expected = (table.drop(columns="null") for table in (frame, expected))
        pd.testing.assert_frame_equal(frame, expected, obj=name, rtol=1e-6, atol=1e-9)
    for sample, points in alone.arrays["points"].items():
        torch.testing.assert_close(few.arrays["points"][sample], points[:, [0, 2, 3, 6]])


def test_states_are_those_of_reading(models, alone, tmp_path):
    whole = measured(models, tmp_path, save_states=True)
    assert_same(whole, alone, rtol=1e-6, atol=1e-9)
    texts = {row["sample"]: (row["token_ids"], row["draw"] or 0) for row in whole.samples if "draw" in row}
    states = whole.arrays["states"]
    assert len(states) == 3 * sum(row["condition"] == "pair" for row in whole.samples)
    for sample, tensor in states.items():
        ids, draw = texts[sample]
        assert torch.equal(tensor, models.get(sample.rpartition("-")[2], draw).read(ids).states)


def test_memory_that_runs_out_halves_the_batch(models, tmp_path, monkeypatch):
    sizes = []
    read = llmgeo.LanguageModel.read_batches

    def limited(self, texts, lengths, rows, *given, **options):
        sizes.append(rows)
        if rows > 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return read(self, texts, lengths, rows, *given, **options)

    monkeypatch.setattr(llmgeo.LanguageModel, "read_batches", limited)
    base, tuned = changed()
    run = llmgeo.compare(base, tuned, recipe=quick(), limit=2, batch_size=8, tokenizer=TOKENIZER, out=tmp_path / "run")
    assert sizes[:3] == [8, 4, 2]
    assert run.status == "complete"
    assert run.manifest["notes"]["batch_size_that_fitted"] == 2


def test_clouds_are_thinned_as_if_they_were_joined_first():
    class Windows:
        def window_states(self, reader, number):
            return torch.arange(10.0).view(1, 10, 1) + 10 * number

    for step in (1, 3, 4):
        joined = joined_windows(Windows(), "base", (0, 1, 2), step)
        assert joined.flatten().tolist() == np.arange(0, 30, step).tolist()


def test_readers_share_their_batches(models, monkeypatch):
    """Of texts that are the same for both, each reader's batches hold the same ones."""
    batches = {}
    read = llmgeo.LanguageModel.read_batches

    def noted(self, texts, *options, **more):
        batches.setdefault(self.name, []).append(list(texts))
        return read(self, texts, *options, **more)

    monkeypatch.setattr(llmgeo.LanguageModel, "read_batches", noted)
    measured(models, rows=4)
    [first, *others] = batches.values()
    assert sorted(map(len, first[0])) == list(map(len, first[0]))
    assert all(other[0] == first[0] for other in others)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    names = {}
    for name, seed in {"base": 0, "tuned": 1}.items():
        names[name] = tmp_path_factory.mktemp(name)
        toy_model(layers=2, seed=seed).save_pretrained(names[name])
        TOKENIZER.save_pretrained(names[name])
    return names


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_parts_that_lie_elsewhere_change_nothing(folders, tmp_path, one_at_a_time):
    options = {"recipe": quick(), "limit": 2, "one_at_a_time": one_at_a_time}
    spread = llmgeo.compare(*folders.values(), device_map=PLACES, out=tmp_path / "spread", **options)
    whole = llmgeo.compare(*folders.values(), out=tmp_path / "whole", **options)
    assert spread.manifest["subjects"]["base"]["device"] == "cpu+disk"
    for table in ("samples", "tokens", "estimates", "pooled", "weights"):
        pd.testing.assert_frame_equal(getattr(spread, table), getattr(whole, table), obj=table)


@pytest.mark.parametrize(
    ("is_tied", "places"),
    [(False, PLACES), (False, {"": "disk"}), (True, {"": "disk"}), (True, {**PLACES, "model.embed_tokens": "disk"})],
)
def test_offloaded_weights_are_moved_as_they_would_be_in_place(tmp_path, is_tied, places):
    model = toy_model(layers=2)
    model.config.tie_word_embeddings = is_tied
    model.tie_weights()
    model.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    spread, whole = (llmgeo.load(tmp_path, device_map=given).hf for given in (places, None))
    before = {name: parameter.clone() for name, parameter in whole.named_parameters()}
    assert jitter_(spread, "bfloat16") == jitter_(whole, "bfloat16") == 1.0
    weights = ModuleWeights(spread)
    for name, parameter in whole.named_parameters():
        assert torch.equal(weights.get(name), parameter)
        assert not torch.equal(parameter, before[name])
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(spread(ids).logits, whole(ids).logits)


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_each_draw_moves_the_weights_as_they_were(folders, one_at_a_time):
    """Whatever was drawn before, and however often: no draw is moved from another one's weights."""
    base, tuned = folders.values()
    pair = PairModels(base, tuned, jitter="bfloat16", one_at_a_time=one_at_a_time)
    expected = []
    for draw in (0, 1):
        model = llmgeo.load(base).hf
        jitter_(model, "bfloat16", draw)
        expected.append([weight.clone() for weight in model.parameters()])
    assert not torch.equal(expected[0][0], expected[1][0])
    for draw in (0, 1, 1, 0):
        moved = [weight.clone() for weight in pair.get("jittered", draw).hf.parameters()]
        assert all(map(torch.equal, moved, expected[draw]))
    original = llmgeo.load(base).hf
    assert all(map(torch.equal, pair.get("base").hf.parameters(), original.parameters()))


def test_offloaded_weights_are_moved_anew_from_what_was_loaded(folders):
    spread, once = (llmgeo.load(folders["base"], device_map=PLACES).hf for _ in range(2))
    jitter_(spread, "bfloat16", 0)
    jitter_(spread, "bfloat16", 1, llmgeo.load(folders["base"], device_map=PLACES).hf)
    jitter_(once, "bfloat16", 1)
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(spread(ids).logits, once(ids).logits)


def test_what_rounding_predicts_is_that_of_the_draw_that_read_the_text(models, alone):
    """The output head is moved anew with the other weights, and logits are made of it when they are asked for."""
    rows = {row["sample"]: row for row in alone.samples}
    estimates = pd.DataFrame(alone.estimates).query("measure == 'kl'").set_index("sample")["null"]
    checked = set()
    for sample, null in estimates.items():
        of_jittered = rows[sample.replace("-pair", "-jittered")]
        readers = models.get("base"), models.get("jittered", of_jittered["draw"])
        ids, start = of_jittered["token_ids"], of_jittered["prompt_length"]
        window = slice(start - 1, len(ids) - 1)
        log_p, log_q = (model.read_with_logits(ids, start)[1](window).log_softmax(-1) for model in readers)
        expected = (log_q.exp() * (log_q - log_p)).sum(-1).mean()
        assert null == pytest.approx(float(expected), rel=1e-3, abs=1e-9)
        checked.add(of_jittered["draw"])
    assert checked == {0, 1, 2, 3}


def test_codes_of_quantised_weights_are_not_moved():
    model = torch.nn.Sequential(torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False))
    codes = torch.arange(16, dtype=torch.uint8).view(4, 4)
    model[0].weight = torch.nn.Parameter(codes.clone(), requires_grad=False)
    before = model[1].weight.detach().clone()
    assert jitter_(model, "bfloat16") == 0.5
    assert ModuleWeights(model).names() == ["1.weight"]
    assert torch.equal(model[0].weight, codes)
    expected = jittered(before, "bfloat16", torch.Generator().manual_seed(0))
    assert torch.equal(model[1].weight, expected)


def test_a_noise_floor_that_is_too_low_is_said(models, monkeypatch):
    monkeypatch.setattr("llmgeo.experiments.compare.models.jitter_", lambda *options: 0.25)
    notes = []

    class Told(Silent):
        def note(self, text):
            notes.append(text)

    pair = PairModels(*changed(), jitter="bfloat16", tokenizer=TOKENIZER)
    for _ in range(2):
        measure_block(pair, PROMPTS[:1], "block", quick(), Told(), rows=4)
    assert len(notes) == 1
    assert "Only 25% of" in notes[0]


def test_claims_are_asked_of_the_layers_that_were_captured(tmp_path):
    """The shipped recipe asks of the middle third (layers 2 to 4 of 6), of the last layer, and of all."""
    base, tuned = changed()
    recipe = quick()
    run = llmgeo.compare(base, tuned, recipe=recipe, limit=2, layers="3,5", tokenizer=TOKENIZER, out=tmp_path / "run")
    claims = run.claims.set_index("claim")
    for claim in recipe.claims:
        captured = [layer for layer in claim.layer_numbers(6) if layer in (3, 5)]
        assert list(claims.loc[claim.name, "layers"]) == captured, claim.name
        if not captured:
            assert claims.loc[claim.name, "status"] == "layers_left_out"
            assert claims.loc[claim.name, "verdict"] == "not measured"
    assert (claims["status"] == "layers_left_out").any()
    texts = run.layers[run.layers["text"].isin(["neutral", "base_answer"]) & (run.layers["what"] != "output")]
    assert set(texts["layer"]) == {3, 5}
