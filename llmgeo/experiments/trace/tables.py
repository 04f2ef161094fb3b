"""What a run of this room holds: its tables and arrays. Knows columns alone."""

from __future__ import annotations

from llmgeo.run.declaration import CLAIMS, Array, Column, Declaration, Table

_RUN = Column("text", "the training", required=True)
_CHECKPOINT = Column("text", "the checkpoint: run/name", required=True)
_STEP = Column("count", "step of the training")
_COORDINATES = {f"axis_{axis}": Column("number", f"InPCA coordinate {axis}") for axis in (1, 2, 3)}

CHECKPOINTS = Table(
    "checkpoints",
    "one row a checkpoint that was measured",
    {
        "checkpoint": _CHECKPOINT,
        "run": _RUN,
        "step": _STEP,
        "parameters": Column("count", "weights of the model"),
        "loss": Column("number", "mean surprisal at the positions", "nats"),
        "entropy": Column("number", "mean entropy at the positions", "nats"),
        "accuracy": Column("number", "share of positions where the most probable token came"),
        "log_loss": Column("number", "training loss that was logged nearest before", "nats"),
        "log_eval_loss": Column("number", "held-out loss that was logged nearest before", "nats"),
        "learning_rate": Column("number", "learning rate that the training logged nearest before"),
        "rate_sum": Column("number", "sum of the learning rates of all steps before"),
        "rate_squares": Column("number", "sum of their squares: how far steps of that size lead at random"),
        "tokens": Column("count", "tokens that the training has seen"),
        "tokens_status": Column("text", "ok, or why it is not known how many", required=True),
    },
)
GEOMETRY = Table(
    "geometry",
    "one row a checkpoint, layer and measure: states at the positions, along the texts, or vectors of the tokens",
    {
        "checkpoint": _CHECKPOINT,
        "cloud": Column("text", "states: at the positions; embedding: of tokens; texts: along them", required=True),
        "layer": Column("layer", "the layer; none of the embedding"),
        "measure": Column("text", "what was measured", required=True),
        "n": Column("count", "positions, tokens, or texts"),
        "value": Column("number", "the value"),
        "standard_error": Column("number", "its standard error"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
)
ALONG = Table(
    "along",
    "one row a checkpoint: where it is on the way from ignorance to truth, and on the map",
    {
        "checkpoint": _CHECKPOINT,
        "run": _RUN,
        "step": _STEP,
        "progress": Column("number", "along the geodesic from ignorance to truth, 0 to 1"),
        "off": Column("number", "mean angle to the geodesic", "rad"),
        "furthest": Column("number", "largest progress of the run up to here"),
        "loss": Column("number", "mean surprisal at the positions", "nats"),
        **_COORDINATES,
        "displacement": Column("number", "squared distance of the weights from the run's first"),
    },
    is_result=True,
)
DISTANCES = Table(
    "distances",
    "one row a pair of checkpoints: mean Bhattacharyya distance of what they predict",
    {"a": _CHECKPOINT, "b": _CHECKPOINT, "distance": Column("number", "mean over positions", "nats")},
    is_result=True,
)
STRESS = Table(
    "stress",
    "one row a series and number of axes: how much of the distances so many axes hold",
    {
        "series": Column("text", "trainings; own_ends, one_end, random_ends, random_walks: nulls"),
        "axes": Column("count", "InPCA axes, the largest first"),
        "stress": Column("number", "χ_k, explained stress"),
        "distance": Column("number", "share of the distances that the axes rebuild"),
        "low": Column("number", "lower end of the 95 % interval of the stress over texts"),
        "high": Column("number", "upper end of the 95 % interval of the stress over texts"),
        "negative": Column("count", "negative eigenvalues among the first ten"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
NULL_MAP = Table(
    "null_map",
    "one row a checkpoint: where it would be, had it gone straight from ignorance to its run's end",
    {"checkpoint": _CHECKPOINT, "run": _RUN, "step": _STEP, **_COORDINATES},
    is_result=True,
)
RUN_DISTANCES = Table(
    "run_distances",
    "one row a pair of runs: mean distance where both have come equally far",
    {"a": _RUN, "b": _RUN, "distance": Column("number", "mean over places of equal progress", "nats")},
    is_result=True,
)
TUBES = Table(
    "tubes",
    "one row a group of runs that differ in nothing but their seed, and place: how far apart they are there",
    {
        "runs": Column("text", "the factors that they share"),
        "place": Column("number", "progress"),
        "pairs": Column("count", "pairs of runs"),
        "width": Column("number", "mean distance of the pairs", "nats"),
    },
    is_result=True,
)
FACTORS = Table(
    "factors",
    "one row a factor: how much of the distance between runs it explains",
    {
        "factor": Column("text", "its name"),
        "runs": Column("count", "runs that have it"),
        "levels": Column("count", "its values"),
        "fewest": Column("count", "runs of its rarest value"),
        "share": Column("number", "of the squared distances, between the values of the factor"),
        "p": Column("number", "how often permuted labels explain as much"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
WEIGHT_PATHS = Table(
    "weight_paths",
    "one row a run: the way of its weights",
    {
        "run": _RUN,
        "checkpoints": Column("count", "on the way"),
        "early": Column("number", "exponent of |w_t − w_0|² in step, first half of the checkpoints"),
        "late": Column("number", "the same, second half; 1 for a random walk"),
        "schedule_early": Column("number", "the same of random steps as long as the learning rate, first half"),
        "schedule_late": Column("number", "the same, second half"),
        "two_axes": Column("number", "share of the squared distances from the last checkpoint in two axes"),
        "walk_two_axes": Column("number", "the same of random walks with the same steps, mean"),
        "walk_high": Column("number", "the same, 97.5th percentile"),
        "status": Column("text", "ok, or why there is no value"),
    },
    is_result=True,
)
TRANSITIONS = Table(
    "transitions",
    "one row a run and measure that a claim names: when accuracy rises at the positions, and when the measure falls",
    {
        "run": _RUN,
        "cloud": Column("text", "states or embedding"),
        "measure": Column("text", "of that cloud"),
        "layer": Column("layer", "its layer; none of the embedding"),
        "memorised": Column("number", "step where the training loss is below a twentieth of its first"),
        "begins": Column("number", "step where accuracy has gone a tenth of its way"),
        "half": Column("number", "step where it has gone half of it"),
        "ends": Column("number", "step where it has gone nine tenths of it"),
        "falls": Column("number", "step where the measure has gone half of its way down"),
        "within": Column("number", "share of its fall between begins and ends"),
        "place": Column("text", "before, at or after the transition"),
        "status": Column("text", "ok, or why there is none"),
    },
    is_result=True,
)
PHASES = Table(
    "phases",
    "one row a claim on what a measure does along a training, and run",
    {
        "claim": Column("text", "its name", required=True),
        "run": _RUN,
        "measure": Column("text", "of the states", required=True),
        "layer": Column("layer", "its layer; none of the embedding"),
        "checkpoints": Column("count", "at which it was measured"),
        "falls": Column("number", "step where it has fallen half of its way from its highest value"),
        "loss_falls": Column("number", "step where the loss has"),
        "lowest": Column("number", "step where its first fall ends"),
        "highest": Column("number", "step where the rise after it ends"),
        "first_fall": Column("number", "how far it falls at first, in its logarithm"),
        "rise": Column("number", "how far it rises then"),
        "last_fall": Column("number", "how far it falls at last"),
        "value": Column("number", "how much sooner it falls than the loss, in log step; or the smallest phase"),
        "null": Column("number", "the same of its changes in random order, mean"),
        "status": Column("text", "ok, or why there is no value", required=True),
    },
    is_result=True,
)
PREDICTIONS = Array("predictions", "log-probabilities of the next token", ("checkpoint", "position", "symbol"))
ENDS = Array("ends", "cosines of the angles to ignorance and to truth", ("checkpoint", "end", "position"))
SKETCHES = Array("sketches", "the weights in a few numbers that keep distances", ("checkpoint", "place"))

DECLARATION = Declaration(
    (
        CHECKPOINTS,
        GEOMETRY,
        ALONG,
        STRESS,
        NULL_MAP,
        RUN_DISTANCES,
        TUBES,
        FACTORS,
        WEIGHT_PATHS,
        TRANSITIONS,
        PHASES,
        DISTANCES,
        CLAIMS,
    ),
    (PREDICTIONS, ENDS, SKETCHES),
)
