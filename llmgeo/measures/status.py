"""The words that say whether an estimate may be used. Imports nothing: reports need no torch."""

OK = "ok"
TOO_FEW_POINTS = "too_few_points"  # the cloud was too small to begin with
DEGENERATE_CLOUD = "degenerate_cloud"  # enough points, but too few distinct ones: a loop
CONSTANT = "constant"  # every point is the same point
OUTSIDE_CALIBRATION = "outside_calibration"  # beyond the range where the estimator's bias is known
UNDEFINED = "undefined"  # the estimator's formula has no answer on this cloud
TIED_DISTANCES = "tied_distances"  # most points have their neighbours equally far away: a grid, a simplex
REMOTE_POINTS = "remote_points"  # a few gaps outweigh all other distances
SCALES_APART = "scales_apart"  # the spanning tree's edges lie on two scales with nothing between them
IMPOSSIBLE = "impossible"  # no dimension: not above zero, or above that of the space beyond error
ESTIMATOR_FAILED = "estimator_failed"  # another library raised, or answered with no number
NEEDS_STATES = "needs_states"  # asked on another window than was measured, and the hidden states were not kept
LAYERS_LEFT_OUT = "layers_left_out"  # none of the layers asked for was captured
NO_VALUES = "no_values"  # of a comparison: there are texts, and all of a side were refused
NO_PLATEAU = "no_plateau"  # there is a value, and it depends on the scale it is read at

USABLE = (OK, NO_PLATEAU)
"""The statuses of estimates that have a value."""

OF_ESTIMATES = (
    *USABLE, TOO_FEW_POINTS, DEGENERATE_CLOUD, CONSTANT, OUTSIDE_CALIBRATION, UNDEFINED, TIED_DISTANCES, REMOTE_POINTS,
    SCALES_APART, IMPOSSIBLE, ESTIMATOR_FAILED,
)  # fmt: skip
"""All that a measure of a cloud may answer."""
