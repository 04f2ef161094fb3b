"""What a run of this room holds: its tables and arrays. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import CLAIMS, Array, Column, Declaration, Table

_SUBJECT = Column("text", "model; skip: with weaker skips; other: what it goes towards; random weights", required=True)
_DIRECTION = Column("count", "the random direction, from 1; 0 for none")
_STATUS = Column("text", "ok, or why there is no value")
_LOSS = Column("number", "mean over texts of their mean surprisal", "nats")

LOSSES = Table(
    "losses",
    "one row a point and text: its loss there",
    {
        "part": Column("text", "centre, line, step, plain, plane, towards or path", required=True),
        "subject": _SUBJECT,
        "direction": _DIRECTION,
        "alpha": Column("number", "step along the direction, share of the way, or of the plane of a training"),
        "beta": Column("number", "the same along the second direction, or of the plane from below"),
        "text": Column("text", "the text", required=True),
        "tokens": Column("count", "its tokens that are predicted"),
        "loss": Column("number", "its mean surprisal", "nats"),
    },
)
PRODUCTS = Table(
    "products",
    "one row a direction: slope and curvature of the loss of the first texts, from derivatives",
    {
        "direction": _DIRECTION,
        "texts": Column("count", "the first so many"),
        "slope": Column("number", "gradient · direction", "nats"),
        "curvature": Column("number", "direction · Hessian · direction", "nats"),
    },
)
SPECTRUM = Table(
    "spectrum",
    "one row a block of weights and eigenvalue: the ends of the Hessian's spectrum",
    {
        "block": Column("text", "pattern of its weights' names, or all", required=True),
        "numbers": Column("count", "weights of the block"),
        "rank": Column("count", "place among those that were found, of both ends, from the largest"),
        "value": Column("number", "the eigenvalue", "nats"),
        "residual": Column("number", "length of Hv − λv, as a share of λ"),
        "products": Column("count", "with the Hessian, that all values of the block took"),
        "status": _STATUS,
    },
)
TRACES = Table(
    "traces",
    "one row a block of weights: the trace of its Hessian",
    {
        "block": Column("text", "pattern of its weights' names, or all", required=True),
        "numbers": Column("count", "weights of the block"),
        "texts": Column("count", "the first so many"),
        "trace": Column("number", "mean over random signs", "nats"),
        "standard_error": Column("number", "its standard error", "nats"),
        "probes": Column("count", "random vectors"),
    },
)
CHECKPOINTS = Table(
    "checkpoints",
    "one row a checkpoint: where it is on the plane of the training",
    {
        "checkpoint": Column("text", "its name", required=True),
        "step": Column("count", "step of the training"),
        "axis_1": Column("number", "coordinate on the first principal axis"),
        "axis_2": Column("number", "coordinate on the second"),
        "loss": _LOSS,
    },
)
LINES = Table(
    "lines",
    "one row a model, direction and step: the loss there",
    {
        "subject": _SUBJECT,
        "direction": _DIRECTION,
        "alpha": Column("number", "step, as a share of each filter's length"),
        "loss": _LOSS,
        "low": Column("number", "lower end of the 95 % interval over texts, of the rise above the middle", "nats"),
        "high": Column("number", "upper end", "nats"),
    },
    is_result=True,
)
BOWLS = Table(
    "bowls",
    "one row a model: slope or curvature of its loss at its weights",
    {
        "subject": _SUBJECT,
        "normalised": Column("text", "filter, or none: the same step in all models"),
        "quantity": Column("text", "slope or curvature"),
        "value": Column("number", "mean over directions and texts", "nats"),
        "low": Column("number", "lower end of the 95 % interval over directions and texts", "nats"),
        "high": Column("number", "upper end", "nats"),
        "trimmed": Column(
            "number", "mean without the fifth of the texts at either end, which claims are about", "nats"
        ),
        "lowest": Column("number", "of all directions", "nats"),
        "highest": Column("number", "of all directions", "nats"),
        "directions": Column("count", "random directions"),
        "texts": Column("count", "texts"),
        "status": _STATUS,
    },
    is_result=True,
)
CHECKS = Table(
    "checks",
    "one row a direction: slope and curvature of the first texts from derivatives, and from differences",
    {
        "direction": _DIRECTION,
        "slope": Column("number", "gradient · direction", "nats"),
        "slope_by_steps": Column("number", "from the losses at ± the step", "nats"),
        "curvature": Column("number", "direction · Hessian · direction", "nats"),
        "curvature_by_steps": Column("number", "from the losses at 0 and ± the step", "nats"),
        "apart": Column("number", "of the two curvatures, as a share"),
    },
    is_result=True,
)
PLANES = Table(
    "planes",
    "one row a point of a plane: the loss there",
    {
        "part": Column("text", "plane: of two random directions; path: of the training"),
        "alpha": Column("number", "along the first direction or axis"),
        "beta": Column("number", "along the second"),
        "loss": _LOSS,
    },
    is_result=True,
)
WAY = Table(
    "way",
    "one row a place on the straight way to the other model",
    {
        "share": Column("number", "0 is the model, 1 the other"),
        "loss": _LOSS,
        "low": Column("number", "lower end of the 95 % interval over texts, of the distance from the chord", "nats"),
        "high": Column("number", "upper end", "nats"),
        "chord": Column("number", "between the losses of both models", "nats"),
    },
    is_result=True,
)
BARRIERS = Table(
    "barriers",
    "one row: how far the loss rises above the chord between both models",
    {
        "share": Column("number", "where"),
        "barrier": Column("number", "above the chord; 0 where it never rises above", "nats"),
        "low": Column("number", "lower end of the 95 % interval over texts", "nats"),
        "high": Column("number", "upper end", "nats"),
        "chord": Column("number", "there", "nats"),
        "texts": Column("count", "texts"),
    },
    is_result=True,
)
PATH_AXES = Table(
    "path_axes",
    "one row: how much of the training's way the plane holds",
    {
        "checkpoints": Column("count", "on the way"),
        "two_axes": Column("number", "share of the squared distances from the model"),
        "walk_two_axes": Column("number", "the same of random walks with the same steps, mean"),
        "walk_high": Column("number", "the same, 97.5th percentile"),
        "status": _STATUS,
    },
    is_result=True,
)
GRAM = Array("gram", "inner products of the checkpoints' differences from the model", ("path", "checkpoint", "other"))

DECLARATION = Declaration(
    (LOSSES, PRODUCTS, SPECTRUM, TRACES, CHECKPOINTS, LINES, BOWLS, CHECKS, PLANES, WAY, BARRIERS, PATH_AXES, CLAIMS),
    (GRAM,),
)
