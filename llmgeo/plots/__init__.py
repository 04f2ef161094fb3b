"""Figures for papers and notebooks: matplotlib, an `Axes` in (or none), the same `Axes` out.

    llmgeo.plots.layers(run, "turning_angle")              # every condition by layer, pointwise intervals and nulls
    llmgeo.plots.scales(run, layer=15)                     # the dimension by the scale it is read at
    llmgeo.plots.contrast(run)                             # the texts behind the strongest effect of a contrast
    llmgeo.plots.states(measures.table(points))            # points of your own: the dimension by scale, or by layer
    llmgeo.plots.landscape(run)                            # the loss around weights, of="plane", "path" or "way", too
    llmgeo.plots.trace(run)                                # trainings on a map of what they predict
    llmgeo.plots.weights(run)                              # a checkpoint's matrices by layer, beside their nulls
    llmgeo.plots.tokens(trajectory, "step_length")         # layers by tokens
    llmgeo.plots.trajectory(trajectory, projection="pca")  # the way through the hidden space

Colours are told apart by readers who see fewer of them; a missing value is drawn as missing.
"""

from importlib import import_module

from llmgeo.extras import needed

_HOMES = {
    "contrast": "contrast_plot",
    "landscape": "landscape_plot",
    "layers": "layer_plot",
    "scales": "scale_plot",
    "states": "states_plot",
    "tokens": "token_plot",
    "trace": "trace_plot",
    "trajectory": "trajectory_plot",
    "weights": "weights_plot",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.plots' has no attribute {name!r}")
    needed("matplotlib", "A figure")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return list(__all__)
