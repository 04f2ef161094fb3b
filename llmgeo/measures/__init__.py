"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file."""

from llmgeo.measures.cloud import Cloud, as_cloud
from llmgeo.measures.dimension import intrinsic_dimension, local_dimension
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.path import Path, jumps, length_to_chord, menger_curvature, step_length, turning_angle
from llmgeo.measures.ratios import gride, mle, two_nn
from llmgeo.measures.recurrence import recurrence_rate
from llmgeo.measures.simplex import ess
from llmgeo.measures.spectrum import alpha_req, participation_ratio, pc_dimension, rank_me

__all__ = [
    "Cloud",
    "Estimate",
    "Path",
    "alpha_req",
    "as_cloud",
    "ess",
    "gride",
    "intrinsic_dimension",
    "jumps",
    "length_to_chord",
    "local_dimension",
    "menger_curvature",
    "mle",
    "participation_ratio",
    "pc_dimension",
    "rank_me",
    "recurrence_rate",
    "step_length",
    "turning_angle",
    "two_nn",
]
