"""Which weights two models share, and where they are read from."""

import pytest

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
