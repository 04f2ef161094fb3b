"""Figures for papers and notebooks: matplotlib, an `Axes` in (or none), the same `Axes` out.

    llmgeo.plots.layers(run, "turning_angle")              # every condition by layer, pointwise intervals and nulls
    llmgeo.plots.scales(run, layer=15)                     # the dimension by the scale it is read at
    llmgeo.plots.contrast(run)                             # the texts behind the strongest effect of a contrast
    llmgeo.plots.tokens(trajectory, "step_length")         # layers by tokens
    llmgeo.plots.trajectory(trajectory, projection="pca")  # the way through the hidden space

Colours are told apart by readers who see fewer of them; a missing value is drawn as missing.
"""

from llmgeo.extras import needed

needed("matplotlib", "A figure")

from llmgeo.plots.contrast_plot import contrast  # noqa: E402
from llmgeo.plots.layer_plot import layers  # noqa: E402
from llmgeo.plots.scale_plot import scales  # noqa: E402
from llmgeo.plots.token_plot import tokens  # noqa: E402
from llmgeo.plots.trajectory_plot import trajectory  # noqa: E402

__all__ = ["contrast", "layers", "scales", "tokens", "trajectory"]


def __dir__():
    return sorted(__all__)
