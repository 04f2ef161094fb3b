"""Which weights two models share, and where they are read from."""

import pytest
import torch
from safetensors.torch import save_file

from llmgeo.errors import ModelError
from llmgeo.model.sources.toy import toy_model
from llmgeo.model.weights import FolderWeights, ModuleWeights, shared_weights


def test_another_shape_is_refused():
    pair = ModuleWeights(toy_model()), ModuleWeights(toy_model(width=32))
    with pytest.raises(ModelError, match="not two checkpoints of one architecture"):
        list(shared_weights(*pair))


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(ModelError, match="save_pretrained"):
        FolderWeights(tmp_path)


def test_names_of_any_digits_are_put_in_order():
    """Superscripts are digits to Python, and no numbers; nor does it read five thousand of them."""

    class Named:
        def names(self):
            return ["layers.10.a", "layers.2.a", "layers.².a", f"layers.{'9' * 5000}.a"]

        def get(self, name):
            return torch.ones(1)

    found = [name for name, *_ in shared_weights(Named(), Named())]
    assert found.index("layers.2.a") < found.index("layers.10.a")
    assert len(found) == 4


def test_no_file_is_open_between_two_tensors(tmp_path):
    """One that is gone cannot be read any more; what was read of it stays."""
    save_file({"a": torch.ones(2, 3), "b": torch.arange(6.0).reshape(3, 2)}, tmp_path / "model.safetensors")
    weights = FolderWeights(tmp_path)
    read = weights.get("a"), weights.get("b", 2)
    (tmp_path / "model.safetensors").unlink()
    assert [each.tolist() for each in read] == [[[1, 1, 1]] * 2, [4, 5]]
    with pytest.raises(ModelError, match="is damaged"):
        weights.get("a")


def test_a_damaged_file_is_one_message(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    with pytest.raises(ModelError, match=r"model.safetensors is damaged, or was not fetched whole"):
        FolderWeights(tmp_path)
