"""Measures of hidden states: pure functions of tensors, any leading dimensions. Knows no model, text or file.

Each is imported when it is first used, so that what needs only their names (tables, recipes, screens) needs no torch.
"""

from importlib import import_module

_HOMES = {
    "Cloud": "clouds.cloud",
    "Estimate": "estimate",
    "Path": "paths.steps",
    "ScaleCurve": "clouds.scale",
    "alpha_req": "clouds.spectrum",
    "as_cloud": "clouds.cloud",
    "correlation_dimension": "distributions.correlation",
    "ess": "clouds.simplex",
    "gride": "clouds.ratios",
    "intrinsic_dimension": "clouds.dimension",
    "jumps": "paths.steps",
    "length_to_chord": "paths.steps",
    "linear_cka": "pairs.similarity",
    "local_dimension": "clouds.dimension",
    "menger_curvature": "paths.steps",
    "mle": "clouds.ratios",
    "neighbour_overlap": "pairs.similarity",
    "participation_ratio": "clouds.spectrum",
    "pc_dimension": "clouds.spectrum",
    "ph_dimension": "clouds.tree",
    "procrustes_distance": "pairs.similarity",
    "rank_me": "clouds.spectrum",
    "recurrence_rate": "paths.recurrence",
    "scale_curve": "clouds.scale",
    "skdim_dimension": "clouds.scikit_dimension",
    "step_length": "paths.steps",
    "subspace_overlap": "pairs.similarity",
    "turning_angle": "paths.steps",
    "two_nn": "clouds.ratios",
    "unrotated_residual": "pairs.similarity",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.measures' has no attribute {name!r}")
    return getattr(import_module(f"llmgeo.measures.{_HOMES[name]}"), name)


def __dir__():
    return sorted(__all__)
