"""Rows of a batch that are led, and texts that are cut: what is kept does not repeat; numbers are the raw model's."""

import pytest
import torch

import llmgeo
from llmgeo.errors import UsageError
from llmgeo.model.capture.keeping import Keeping
from llmgeo.monitor import Monitor
from llmgeo.monitor.back_off import MOST_CUTS, back_off
from llmgeo.monitor.led_row import LedRow
from llmgeo.monitor.steering import Dry
from llmgeo.monitor.watcher import REST
from tests.model.families import build
from tests.monitor.test_monitor import prompts, write

GREEDY = llmgeo.Decoding(60, temperature=0)


@pytest.fixture(scope="module")
def llama():
    return llmgeo.load(build("llama"))


def led(model, texts, batch_size=None):
    """Greedy continuations, led by DRY while each row is alarmed; and who led them."""
    monitor = Monitor(model, thresholds={"text": 6.0})
    rows = [LedRow(monitor.watcher(), Dry(), len(text)) for text in texts]
    batches = model.generate_batches(texts, GREEDY, 0, batch_size, keeping=Keeping((0,)), steering=rows)
    return [text for batch in batches for text in batch.texts], rows


def test_rows_of_a_batch_are_led_as_each_is_alone(llama):
    texts = prompts()
    together, rows = led(llama, texts)
    alone, _ = led(llama, texts, batch_size=1)
    assert [text.token_ids for text in together] == [text.token_ids for text in alone]
    assert sum(map(sum, (row.led for row in rows))) > 0


def test_a_row_is_led_as_transformers_own_generate_leads_it(llama):
    texts = prompts()[:3]
    written, _ = led(llama, texts)
    for text, own in zip(texts, written, strict=True):
        monitor = Monitor(llama, thresholds={"text": 6.0}, on_alarm="note")
        [ids] = write(llama, [text], monitor, tokens=60, logits_processor=[Dry(monitor)])
        assert ids.tolist() == list(own.token_ids)[: len(ids)]


@pytest.fixture(scope="module")
def backed_off(llama):
    monitor = Monitor(llama, thresholds={"text": 6.0})
    return monitor, back_off(monitor, prompts(), GREEDY, seeds=range(8))


def test_what_is_kept_never_alarms_unless_cuts_ran_out(backed_off):
    monitor, texts = backed_off
    assert sum(text.cuts for text in texts) > 0
    for text in texts:
        assert len(text.generated_ids) == 60 or text.finish_reason == "stop"
        alarm = monitor.replay(text.token_ids, text.prompt_length).alarm
        assert alarm is None or text.cuts == MOST_CUTS
        assert text.thrown >= text.cuts


def test_numbers_are_those_of_the_model_that_reads_the_text(llama, backed_off):
    for text in backed_off[1]:
        read = llama.read(text.token_ids)
        assert text.surprisal == pytest.approx(read.surprisal[text.prompt_length :].tolist(), abs=1e-3)
        assert text.entropy == pytest.approx(read.entropy[text.prompt_length :].tolist(), abs=1e-3)


def test_a_text_is_drawn_for_so_long_after_a_cut_and_greedy_elsewhere(llama, backed_off):
    for text in backed_off[1]:
        assert len(text.led) == len(text.generated_ids) == len(text.surprisal)
        if not text.cuts:
            [plain] = llama.generate([text.token_ids[: text.prompt_length]], GREEDY)
            assert text.generated_ids == list(plain.generated_ids)
            assert not any(text.led)
        elif text.cuts < MOST_CUTS:
            assert sum(text.led) >= min(REST, len(text.led) - text.led.index(True))


def test_cuts_do_not_depend_on_the_batch(llama, backed_off):
    monitor = Monitor(llama, thresholds={"text": 6.0})
    alone = back_off(monitor, prompts(), GREEDY, seeds=range(8), batch_size=1)
    assert [text.token_ids for text in alone] == [text.token_ids for text in backed_off[1]]


def test_a_model_without_an_end_token_is_cut_as_well():
    toy = llmgeo.load("toy")
    toy.hf.generation_config.eos_token_id = None
    monitor = Monitor(toy, thresholds={"text": 0.05})
    [text] = back_off(monitor, ["Once"], llmgeo.Decoding(40, temperature=0), seeds=[0])
    assert text.cuts
    assert len(text.generated_ids) <= 40


def test_what_cannot_be_is_said(llama):
    with pytest.raises(UsageError, match="no model"):
        back_off(Monitor(), ["a"], GREEDY, seeds=[0])
    monitor = Monitor(llama, channels=["text", "surprisal"], thresholds={"text": 6.0, "surprisal": -1.0})
    with pytest.raises(UsageError, match="surprisal reads more"):
        back_off(monitor, [torch.tensor([1, 2])], GREEDY, seeds=[0])
