"""Series of checkpoints: order, equal weights, shared shards, holes, and what is no series."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmgeo.errors import ModelError, UsageError
from llmgeo.model.sources.checkpoints import equal_to, file_digest, trainings
from llmgeo.model.sources.toy import toy_model, toy_tokenizer


def save(folder, seed=0, shift=0.0):
    model = toy_model(layers=2, width=16, seed=seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(shift)
    model.save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series") / "run"
    for step in (100, 200, 300, 400, 500, 1000):
        save(folder / f"checkpoint-{step}", shift=step / 1e4)
    return folder


@pytest.fixture
def copied(series, tmp_path):
    return shutil.copytree(series, tmp_path / "run")


def test_steps_are_numbers_not_letters(series):
    [training] = trainings([str(series)])
    assert training.name == "run"
    assert [each.step for each in training.checkpoints] == [100, 200, 300, 400, 500, 1000]


def test_a_hole_is_named(series):
    [training] = trainings([str(series)])
    assert list(training.faults()) == [
        "run: 4 checkpoints missing between steps 500 and 1000, where they come every 100"
    ]


def test_equal_checkpoints_are_named_and_the_last_is_kept(copied):
    shutil.copy(copied / "checkpoint-1000" / "model.safetensors", copied / "checkpoint-200" / "model.safetensors")
    [training] = trainings([str(copied)])
    assert equal_to(training) == {"checkpoint-200": "checkpoint-1000"}
    assert "run: checkpoint-200 is checkpoint-1000, byte for byte (1 checkpoint)" in list(training.faults())


def test_free_text_beside_the_tensors_makes_no_difference(copied):
    tensors = load_file(copied / "checkpoint-1000" / "model.safetensors")
    save_file(tensors, copied / "checkpoint-200" / "model.safetensors", metadata={"format": "pt", "note": "another"})
    [training] = trainings([str(copied)])
    assert equal_to(training) == {"checkpoint-200": "checkpoint-1000"}


def test_a_shared_shard_is_named(copied):
    for step in (100, 200):
        folder = copied / f"checkpoint-{step}"
        tensors = load_file(folder / "model.safetensors")
        names = sorted(tensors)
        shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
        for file, held in shards.items():
            save_file({name: tensors[name].clone() for name in held}, folder / file)
        index = {"metadata": {}, "weight_map": {name: file for file, held in shards.items() for name in held}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        (folder / "model.safetensors").unlink()
    shard = "model-00001-of-00002.safetensors"
    shutil.copy(copied / "checkpoint-100" / shard, copied / "checkpoint-200" / shard)
    [training] = trainings([str(copied)])
    assert equal_to(training) == {}
    assert f"run: checkpoint-100 and checkpoint-200 have the same {shard}, so that one is not its own" in list(
        training.faults()
    )
    (copied / "checkpoint-100" / shard).unlink()
    with pytest.raises(ModelError, match=f"names '{shard}', which is not there"):
        trainings([str(copied)])


def test_a_folder_of_runs_is_several_and_equal_names_are_told_apart(series, tmp_path):
    both = tmp_path / "sweep"
    for name in ("a", "b"):
        shutil.copytree(series, both / name)
    (both / "notes").mkdir()
    assert [training.name for training in trainings([str(both)])] == ["a", "b"]
    assert [training.name for training in trainings([str(series), str(series)])] == ["run", "run-2"]


def test_models_by_themselves_are_one_run_in_their_order(series):
    names = [str(series / f"checkpoint-{step}") for step in (300, 100)]
    [training] = trainings([*names, "toy"])
    assert training.name == "ladder"
    assert [each.step for each in training.checkpoints] == [0, 1, 2]
    assert [each.subject for each in training.checkpoints] == [*names, "toy"]


def test_the_log_of_a_trainer_is_read(copied):
    log = [
        {"step": 100, "loss": 3.0, "learning_rate": 0.1, "epoch": 1},
        {"step": 150, "eval_loss": 2.5},
        {"train_runtime": 1},
    ]
    (copied / "checkpoint-1000" / "trainer_state.json").write_text(json.dumps({"log_history": log}))
    [training] = trainings([str(copied)])
    assert [row["step"] for row in training.history] == [100, 150]
    (copied / "checkpoint-1000" / "trainer_state.json").write_text("{")
    with pytest.raises(ModelError, match=r"trainer_state.json is damaged"):
        trainings([str(copied)])


def test_a_file_that_was_cut_off_is_told(copied):
    (copied / "checkpoint-300" / "model.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{")
    with pytest.raises(ModelError, match="is not a whole safetensors file"):
        trainings([str(copied)])


@pytest.mark.parametrize("header", [b"[]", b"null", b'"x"', b"[" * 100_000])
def test_a_header_that_is_none_is_told(tmp_path, header):
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelError, match="is no safetensors file"):
        file_digest(file)


@pytest.mark.parametrize(
    "index", [b"[]", b"{", b"null", b'{"weight_map": []}', b'{"weight_map": {"a": ["x"]}}', b"\xff"]
)
def test_a_damaged_index_is_told(copied, index):
    (copied / "checkpoint-300" / "model.safetensors").unlink()
    (copied / "checkpoint-300" / "model.safetensors.index.json").write_bytes(index)
    with pytest.raises(ModelError, match="checkpoint-300"):
        trainings([str(copied)])


def test_a_checkpoint_that_is_being_written_is_told_before_anything_is_read(copied):
    file = copied / "checkpoint-1000" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(ModelError, match=r"checkpoint-1000.*not a whole safetensors file"):
        trainings([str(copied)])
    file.unlink()
    with pytest.raises(ModelError, match="checkpoint-1000 has no safetensors weights"):
        trainings([str(copied)])


def test_a_name_without_a_number_among_others_is_refused(copied):
    (copied / "checkpoint-500").rename(copied / "final")
    with pytest.raises(UsageError, match=r"nothing says which step 'final' is"):
        trainings([str(copied)])


def test_the_step_is_the_number_after_its_word(copied):
    for name in ("checkpoint-300", "checkpoint-400", "checkpoint-500", "checkpoint-1000"):
        shutil.rmtree(copied / name)
    (copied / "checkpoint-100").rename(copied / "stage1-step2000-tokens4B")
    (copied / "checkpoint-200").rename(copied / "stage1-step500-tokens9B")
    [training] = trainings([str(copied)])
    assert [each.step for each in training.checkpoints] == [500, 2000]
    (copied / "stage1-step500-tokens9B").rename(copied / f"step{2**63}")
    with pytest.raises(UsageError, match="beyond 2\\^63"):
        trainings([str(copied)])


def test_the_checkpoints_of_a_folder_with_weights_of_its_own_are_taken_and_that_is_said(copied):
    save(copied)
    [training] = trainings([str(copied)])
    assert [each.step for each in training.checkpoints] == [100, 200, 300, 400, 500, 1000]
    assert "weights that lie beside the checkpoints are left out" in next(training.faults())


def test_a_folder_without_checkpoints_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"holds no checkpoints: no folder in it has a config.json"):
        trainings([str(tmp_path)])


def test_revisions_without_a_hub_model_are_told(series):
    with pytest.raises(UsageError, match="none of the runs is a model of the hub"):
        trainings([str(series)], revisions="step*")
