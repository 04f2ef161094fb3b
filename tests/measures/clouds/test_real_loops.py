"""The guard on real loops of the default model in half precision: its noise is measured here, not assumed."""

import numpy as np
import pytest
import torch

import llmgeo
from llmgeo import measures
from llmgeo.measures.clouds.cloud import RELATIVE_NOISE
from llmgeo.texts.degeneration import label

LOOPING = "The recipe is simple: take the flour, take the milk, take the flour, take the milk, take the flour,"
TOKENS = 40


@pytest.fixture(scope="module", params=["float16", "bfloat16"])
def loop(request, default_model):
    """One greedy loop's states [L+1, 40, D], as generated, as read in the same format, and as read in float32."""
    half = llmgeo.load(dtype=request.param)
    [generated] = half.generate([LOOPING], llmgeo.Decoding(max_new_tokens=TOKENS, temperature=0))
    assert label(generated.generated_ids) == "loop"
    ids = list(generated.token_ids)
    read, exact = half.read(ids), default_model.read(ids)
    return request.param, *(text.states[:, -TOKENS:] for text in (generated, read, exact))


def test_the_noise_constant_is_what_two_computations_differ_by(loop):
    """At each layer the typical state moves by less than the noise, in the middle by more than an eighth of it."""
    name, generated, read, _ = loop
    moved = (generated.double() - read.double()).norm(dim=-1) / read.double().norm(dim=-1)
    noise = RELATIVE_NOISE[name]
    typical = moved.median(-1).values
    assert (typical < noise).all()
    assert (typical[5:-5] > noise / 8).all()


def test_a_text_and_its_second_computation_are_one_cloud(loop):
    """Twice the tokens, no new point: what rounding sets apart is merged."""
    name, generated, read, _ = loop
    both = measures.Cloud(torch.cat([generated, read], dim=1), state_dtype=name)
    assert (both.n_unique <= 1.05 * TOKENS).all()


def test_a_loop_is_read_as_in_float32_or_refused(loop):
    name, generated, _, exact = loop
    estimate = measures.intrinsic_dimension(measures.Cloud(generated, state_dtype=name))
    reference = measures.intrinsic_dimension(exact)
    assert estimate.status[0] == reference.status[0] == "degenerate_cloud", "layer 0 knows no position: four points"
    usable = estimate.usable
    if name == "bfloat16":
        assert not usable.any(), "the loop's slow drift lies within the noise"
    else:
        assert usable[5:].all()
    np.testing.assert_allclose(estimate.value[usable], reference.value[usable], rtol=0.1)
    assert (estimate.value[usable] < 8).all()
