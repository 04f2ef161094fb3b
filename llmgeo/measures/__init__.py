"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file."""

from llmgeo.measures.cloud import Cloud, as_cloud
from llmgeo.measures.estimate import Estimate

__all__ = ["Cloud", "Estimate", "as_cloud"]
