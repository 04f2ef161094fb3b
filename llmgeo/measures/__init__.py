"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file."""

from llmgeo.measures.cloud import Cloud, as_cloud
from llmgeo.measures.dimension import intrinsic_dimension
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.ratios import gride, mle, two_nn
from llmgeo.measures.simplex import ess

__all__ = ["Cloud", "Estimate", "as_cloud", "ess", "gride", "intrinsic_dimension", "mle", "two_nn"]
