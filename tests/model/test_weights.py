"""Which weights two models share, and where they are read from."""

import pytest
import torch

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
