"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file."""

from llmgeo.measures.cloud import Cloud, as_cloud
from llmgeo.measures.correlation import correlation_dimension
from llmgeo.measures.dimension import intrinsic_dimension, local_dimension
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.path import Path, jumps, length_to_chord, menger_curvature, step_length, turning_angle
from llmgeo.measures.peers import skdim_dimension
from llmgeo.measures.ratios import gride, mle, two_nn
from llmgeo.measures.recurrence import recurrence_rate
from llmgeo.measures.scale import ScaleCurve, scale_curve
from llmgeo.measures.similarity import (
    linear_cka,
    neighbour_overlap,
    procrustes_distance,
    subspace_overlap,
    unrotated_residual,
)
from llmgeo.measures.simplex import ess
from llmgeo.measures.spectrum import alpha_req, participation_ratio, pc_dimension, rank_me
from llmgeo.measures.tree import ph_dimension

__all__ = [
    "Cloud",
    "Estimate",
    "Path",
    "ScaleCurve",
    "alpha_req",
    "as_cloud",
    "correlation_dimension",
    "ess",
    "gride",
    "intrinsic_dimension",
    "jumps",
    "length_to_chord",
    "linear_cka",
    "local_dimension",
    "menger_curvature",
    "mle",
    "neighbour_overlap",
    "participation_ratio",
    "pc_dimension",
    "ph_dimension",
    "procrustes_distance",
    "rank_me",
    "recurrence_rate",
    "scale_curve",
    "skdim_dimension",
    "step_length",
    "subspace_overlap",
    "turning_angle",
    "two_nn",
    "unrotated_residual",
]
