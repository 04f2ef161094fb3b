"""What a Trainer leaves beside a checkpoint, among it what a real one wrote."""

import json

import numpy as np
import pytest
import torch

from llmgeo.errors import ModelError
from llmgeo.model.sources.checkpoints import trainings
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.model.sources.trainer_state import history, rate_sums, tokens_seen


def test_what_a_trainer_wrote_is_read(tmp_path):
    from transformers import Trainer, TrainingArguments

    rows = [{"input_ids": torch.arange(8), "labels": torch.arange(8)} for _ in range(8)]
    arguments = TrainingArguments(
        output_dir=str(tmp_path / "run"), max_steps=4, save_steps=2, logging_steps=1, per_device_train_batch_size=2,
        include_num_input_tokens_seen="all", report_to=[], use_cpu=True, disable_tqdm=True, learning_rate=0.01,
    )  # fmt: skip
    model = toy_model(layers=1, width=16)
    Trainer(model=model, args=arguments, train_dataset=rows, processing_class=toy_tokenizer()).train()
    [training] = trainings([str(tmp_path / "run")])
    assert [(each.step, each.tokens, each.tokens_status) for each in training.checkpoints] == [
        (2, 2 * 2 * 8, "ok"),
        (4, 4 * 2 * 8, "ok"),
    ]
    rates = [row["learning_rate"] for row in training.history if "learning_rate" in row]
    assert rates == pytest.approx([0.01, 0.0075, 0.005, 0.0025])


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"global_step": 5, "num_input_tokens_seen": 70}, (70, "ok")),
        ({"global_step": 0, "num_input_tokens_seen": 0}, (0, "ok")),
        ({"global_step": 5, "num_input_tokens_seen": 0}, (None, "tokens_not_counted")),
        ({"global_step": 5}, (None, "tokens_not_counted")),
        ({"global_step": 5, "num_input_tokens_seen": True}, (None, "tokens_not_counted")),
        (None, (None, "no_trainer_log")),
    ],
)
def test_tokens_are_known_or_there_is_a_reason(tmp_path, state, expected):
    if state is not None:
        (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    assert tokens_seen(tmp_path) == expected


@pytest.mark.parametrize("text", ["{", "[1]", '"x"'])
def test_a_damaged_log_is_named(tmp_path, text):
    (tmp_path / "trainer_state.json").write_text(text)
    for read in (tokens_seen, lambda folder: history([folder])):
        with pytest.raises(ModelError, match=r"trainer_state.json is damaged"):
            read(tmp_path)


def test_sums_of_a_schedule_are_those_of_its_steps():
    rates = 0.5 * (1 + np.cos(np.linspace(0, np.pi, 100)))
    log = [{"step": step, "learning_rate": rate} for step, rate in enumerate(rates)] + [{"step": 100, "loss": 1.0}]
    sums, squares = rate_sums(log, [0, 10, 100])
    assert sums == pytest.approx([0, rates[:10].sum(), rates.sum()])
    assert squares == pytest.approx([0, (rates[:10] ** 2).sum(), (rates**2).sum()])
    assert rate_sums([{"step": 1, "loss": 2.0}], [0, 1]) is None


def test_steps_far_apart_take_no_memory_and_give_the_sums_of_every_step():
    log = [{"step": 2, "learning_rate": 1.0}, {"step": 7, "learning_rate": 0.25}, {"step": 12, "learning_rate": 0.5}]
    asked = [0, 1, 5, 7, 11, 30]
    rates = np.interp(np.arange(30), [2, 7, 12], [1.0, 0.25, 0.5])
    sums, squares = rate_sums(log, asked)
    assert sums == pytest.approx([rates[:step].sum() for step in asked])
    assert squares == pytest.approx([np.square(rates[:step]).sum() for step in asked])
    far, _ = rate_sums(log, [0, 20240131123059])
    assert far[1] == pytest.approx(0.5 * 20240131123059, rel=1e-9)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1" + "0" * 400, "true", '"x"'])
def test_what_is_no_number_in_a_log_is_left_out(tmp_path, value):
    rows = f'{{"step": 1, "loss": {value}, "learning_rate": 0.5}}, {{"step": {value}, "loss": 2.0}}'
    (tmp_path / "trainer_state.json").write_text(f'{{"log_history": [{rows}]}}')
    assert history([tmp_path]) == ({"step": 1, "learning_rate": 0.5},)


def test_more_tokens_than_a_table_holds_are_not_known(tmp_path):
    (tmp_path / "trainer_state.json").write_text(json.dumps({"global_step": 1, "num_input_tokens_seen": 10**30}))
    assert tokens_seen(tmp_path) == (None, "tokens_not_counted")
