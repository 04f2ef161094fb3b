"""Quantisation through transformers' own configurations: asked for, recorded, refused with the command that helps."""

import importlib.util
from pathlib import Path

import pytest
import torch
from transformers.quantizers.auto import register_quantization_config, register_quantizer
from transformers.quantizers.base import HfQuantizer
from transformers.utils.quantization_config import QuantizationConfigMixin

import llmgeo
from llmgeo.errors import OtherRunError, UsageError
from llmgeo.model.digests import weights_digest
from llmgeo.model.sources import quantization
from llmgeo.model.sources.toy import toy_model, toy_tokenizer

SMALL = Path(__file__).parents[2] / "benchmarks" / "small.toml"
NEEDED = {"bitsandbytes-4bit": "bitsandbytes", "bitsandbytes-8bit": "bitsandbytes", "torchao-int8": "torchao"}
"""Those that run without a GPU, and what they need."""


@register_quantization_config("coarse")
class CoarseConfig(QuantizationConfigMixin):
    def __init__(self, steps=16, **ignored):
        self.quant_method = "coarse"
        self.steps = steps


@register_quantizer("coarse")
class CoarseQuantizer(HfQuantizer):
    """Rounds every weight of a block to so many steps: what a backend does, without one."""

    requires_calibration = False

    def _process_model_before_weight_loading(self, model, **options):
        return model

    def _process_model_after_weight_loading(self, model, **options):
        with torch.no_grad():
            for parameter in model.model.layers.parameters():
                size = parameter.abs().max() / self.quantization_config.steps
                parameter.copy_((parameter / size).round() * size)
        return model

    @property
    def is_trainable(self):
        return False

    def is_serializable(self, *given, **options):
        return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    toy_model(layers=2).save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


def distance(one, other):
    return ((one - other).norm() / other.norm()).item()


def test_a_configuration_of_transformers_is_taken_and_recorded(folder, tmp_path):
    plain = llmgeo.load(folder).read("some text").states
    near, far = (llmgeo.load(folder, quantization=CoarseConfig(steps)) for steps in (256, 8))
    assert 0 < distance(near.read("some text").states, plain) < distance(far.read("some text").states, plain)
    run = llmgeo.probe(folder, recipe=SMALL, limit=1, quantization=CoarseConfig(8), out=tmp_path / "run")
    assert run.manifest["subjects"]["model"]["quantization"]["quant_method"] == "coarse"
    assert run.manifest["subjects"]["model"]["quantization"]["steps"] == 8
    with pytest.raises(OtherRunError, match="quantization"):
        llmgeo.probe(folder, recipe=SMALL, limit=1, out=tmp_path / "run")


@pytest.mark.parametrize("name", NEEDED)
def test_the_backends_that_need_no_gpu(folder, name):
    """Run where they are installed; the states stay near those of the model as it is."""
    pytest.importorskip(NEEDED[name])
    quantised = llmgeo.load(folder, quantization=name)
    assert quantization.record(quantised.hf.config)["quant_method"] == NEEDED[name]
    assert distance(quantised.read("some text").states[-1], llmgeo.load(folder).read("some text").states[-1]) < 0.6
    [generated] = quantised.generate(["some text"], llmgeo.Decoding(max_new_tokens=4))
    assert torch.isfinite(generated.states).all()
    assert weights_digest(quantised) == weights_digest(llmgeo.load(folder, quantization=name))
    assert weights_digest(quantised) != weights_digest(llmgeo.load(folder))


@pytest.mark.parametrize("name", [name for name, way in quantization.WAYS.items() if way.packages])
def test_a_backend_that_is_not_installed_is_named_before_anything_is_loaded(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(UsageError, match=rf"quantization='{name}' needs [a-z-]+: pip install [a-z-]+$"):
        llmgeo.load("owner/name", quantization=name)


@pytest.mark.parametrize("asked", ["bitsandbytes-3bit", 4, {"load_in_4bit": True}])
def test_an_unknown_way_is_told_what_there_is(folder, asked):
    with pytest.raises(UsageError, match="is not one of bitsandbytes-8bit, bitsandbytes-4bit"):
        llmgeo.load(folder, quantization=asked)


def test_the_toy_and_adapters_are_not_quantised(tmp_path):
    with pytest.raises(UsageError, match="the toy is built from its config"):
        llmgeo.load("toy", quantization=CoarseConfig())
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "toy"}')
    (tmp_path / "adapter_model.safetensors").write_text("")
    with pytest.raises(UsageError, match="Merge it once"):
        llmgeo.load(tmp_path, quantization=CoarseConfig())
