"""How numbers are said: effect sizes, intervals, q, counts, sizes. The same words on every screen and page.

Knows numbers and the English language, nothing of runs or screens. A missing number is None or nan; it is never shown
as a figure.
"""

import math
from collections.abc import Sequence

from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.measure import three_digits
from llmgeo.messages import counted as count
from llmgeo.messages import in_words as number

__all__ = [
    "MISSING", "REASONS", "auc", "count", "duration", "interval", "is_missing", "listed", "measure", "number",
    "over_scales", "q", "reason", "size", "value", "value_interval", "why_empty",
]  # fmt: skip

MISSING = "not measured"

REASONS = {
    "too_few_points": "too few points",
    "degenerate_cloud": "too few distinct points (a loop)",
    "constant": "all points are the same",
    "outside_calibration": "outside the range where the estimator's bias is known",
    "no_plateau": "the value depends on the scale at which it is read",
    "undefined": "the formula gives no finite number",
    "tied_distances": "neighbours are equally far away (a grid, a simplex)",
    "remote_points": "a few gaps between points outweigh all other distances",
    "scales_apart": "the points are of two densities so far apart that the tree has no single rate of growth",
    "impossible": "no dimension can have this value: it is not above zero, or exceeds that of the space",
    "estimator_failed": "the estimator gave no number",
    "needs_states": "another window needs the hidden states, which this run did not keep (--save-states)",
    "layers_left_out": "none of its layers is among those of this run (--layers)",
    "no_samples": "no texts on one side",
    "no_values": "no text on one side has a value that can be trusted",
    "one_prompt": "one side has a single prompt",
    "few_prompts": "fewer than five prompts, layers or runs on a side",
    "unequal_spreads": "one side has few prompts, whose values spread much more widely than the other side's",
    "same_model": "the two models are the same",
    "too_few_texts": "too few texts are measured together for a null of others' steps",
    "no_final_norm": "no part of the model between the last block and the head could be found",
    "writes_not_found": "what attention and MLP add could not be told apart in this model's blocks",
    "identity_map": "the residual map is the identity: what a block is given is added to, and streams are never mixed",
    "streams_unknown": "how this model mixes its residual streams is not known",
    "no_jacobian": "earlier tokens cannot be held fixed in this model, or no gradient goes through its blocks",
    "not_ended": "the search for the largest gain had not ended",
    "not_aligned": "the tokenizer cuts the versions of every sentence differently",
    "not_memorised": "the training loss never fell below a twentieth of its first, or was not logged",
    "no_transition": "held-out accuracy does not rise after memorisation",
    "no_fall": "the measure ends no lower than it was at memorisation",
    "few_checkpoints": "fewer than six checkpoints of a run",
    "never_falls": "it does not fall, or the loss does not",
    "no_values_along": "the measure has a value at fewer than six checkpoints of a run",
    "no_trainer_log": "no trainer_state.json lies beside the checkpoint",
    "tokens_not_counted": "the Trainer did not count tokens",
    "no_bowl": "the loss does not curve upwards along these directions",
    "one_model": "it is about two models (--towards OTHER)",
    "one_direction": "there is one direction, and an interval over directions takes two",
    "one_size": "the largest model has less than 1.5 times the weights of the smallest",
    "few_runs": "fewer than eight kinds of runs",
    "no_common_steps": "the runs have no step in common at which all were measured",
    "other_weights": "its checkpoints have weights of different sizes, between which there is no distance",
    "one_run": "there is one run, and this is about several",
    "no_overlap": "the runs share no stretch of progress",
    "no_factor": "the runs do not tell this factor, or it has one value",
    "few_seeds": "fewer than three runs of a value",
    "quantised_codes": "its numbers are codes of a quantised format, or their scales, not weights",
    "not_a_matrix": "it has more than two dimensions, and is no stack of experts",
    "too_large": "more than 8,192 rows and columns",
    "sides_unknown": "which of an expert's sides are its inputs is not known: no side, or each, has the model's width",
    "one_row": "it has one row, or one column",
    "tied": "it is the embedding once more",
    "not_finite": "it holds NaN or infinity",
    "several_a_layer": "a layer has several of the kind (experts)",
    "few_layers": "fewer than three layers",
    "no_matrices": "no matrix in a block was measured",
    "unequal_columns": "the layers' rows have different lengths",
    "too_few_rows": "a layer has fewer than four rows in the cloud",
    "several_streams": "a token of this model has several residual streams, and no one state",
    "not_asked": "the recipe does not ask for it",
    "no_random_network": "the model's class draws no random weights (it is quantised, or an adapter)",
    "repeated_states": "more than a few texts have the very same state",
    "no_fluent_text": "no fluent text to fit a shared basis to",
    "private_axes": "lengths in private planes cannot be compared between texts",
    "few_for_ranks": "fewer than eight prompts",
    "no_word_list": "no word list is installed",
    "no_grammar_checker": "no grammar checker is installed on this machine",
    "one_sentence": "there are fewer than two sentences",
    "no_words": "there is no word in it",
    "not_installed": "statsmodels, which fits it, is not installed",
    "few_groups": "there are fewer than 30 groups",
    "singular": "the fit is singular or lies on the boundary",
}
"""The statuses of estimates and contrasts in words; a status that is not here speaks for itself."""


def is_missing(value: object) -> bool:
    """
    >>> is_missing(None), is_missing(float("nan")), is_missing(0)
    (True, True, False)
    """
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence, one after the other.

    >>> listed(["one held"]), listed(["one held", "two fell"]), listed(["a", "b", "c"])
    ('one held', 'one held and two fell', 'a, b and c')
    """
    return " and ".join([*([", ".join(parts[:-1])] if len(parts) > 1 else []), *parts[-1:]])


def auc(value: float | None) -> str:
    """Two decimals, and never a certainty that was not reached.

    >>> auc(1.0), auc(0.9971), auc(0.003), auc(float("nan"))
    ('1.00', '0.997', '0.003', 'not measured')
    """
    if is_missing(value):
        return MISSING
    looks_certain = round(value, 2) in (0.0, 1.0) and value not in (0.0, 1.0)
    return f"{value:.3f}" if looks_certain else f"{value:.2f}"


def interval(low: float | None, high: float | None) -> str:
    """
    >>> interval(0.957, 1.0), interval(None, None)
    ('[0.96, 1.00]', '[no interval]')
    """
    return "[no interval]" if is_missing(low) or is_missing(high) else f"[{low:.2f}, {high:.2f}]"


def q(value: float | None) -> str:
    """
    >>> q(0.00002), q(0.0123), q(0.31), q(None)
    ('q < 0.001', 'q = 0.012', 'q = 0.31', 'no q')
    """
    if is_missing(value):
        return "no q"
    if value < 0.001:
        return "q < 0.001"
    return f"q = {value:.3f}" if value < 0.1 else f"q = {value:.2f}"


def measure(name: str) -> str:
    """
    >>> measure("turning_angle"), measure("somebody_elses_measure")
    ('turning angle', 'somebody elses measure')
    """
    return EVERY_MEASURE[name].words if name in EVERY_MEASURE else name.replace("_", " ")


def value(name: str, number: float | None) -> str:
    """A value of a measure, scaled and with its unit.

    >>> value("jumps", 0.0241), value("turning_angle", 114.42), value("unheard_of", 1234.5), value("jumps", None)
    ('2.41', '114.4°', '1.23e+03', 'not measured')
    """
    if is_missing(number):
        return MISSING
    return EVERY_MEASURE[name].show(float(number)) if name in EVERY_MEASURE else three_digits(number)


def over_scales(said: str, name: str, a: Sequence[float], b: Sequence[float]) -> str:
    """Two values that depend on the scale at which they are read, as they are said, and between which values they go.

    >>> over_scales("dimension: 8.52 shuffled, 6.65 as written", "intrinsic_dimension", [7.88, 29.03], [6.18, 25.7])
    'dimension: 8.52 shuffled, 6.65 as written (over the scales: 7.88 to 29.0 against 6.18 to 25.7)'
    """
    spans = (f"{value(name, min(side))} to {value(name, max(side))}" for side in (a, b))
    return f"{said} (over the scales: {' against '.join(spans)})"


def value_interval(name: str, number: float | None, low: float | None, high: float | None, why: str = "") -> str:
    """A value of a measure with its interval: one rounding, so that the ends have as many decimals as the value.

    The value has three significant digits, as `value` says it; fewer where so wide an interval makes them idle.

    Args:
        why: the reason where there is no interval.

    >>> value_interval("ess", 0.0229, 0.00572, 0.09181), value_interval("turning_angle", 114.42, 112.08, 116.9)
    ('0.0229 [0.0057, 0.0918]', '114.4° [112.1, 116.9]')
    >>> value_interval("ess", 8.5, 7.234, 10), value_interval("ess", 0.0012, -5.2, 5.3)
    ('8.50 [7.23, 10.00]', '0.00 [-5.20, 5.30]')
    >>> value_interval("ess", 26.4, None, None, why="two prompts"), value_interval("ess", None, None, None)
    ('26.4, no interval (two prompts)', 'not measured')
    """
    if is_missing(number):
        return MISSING
    if is_missing(low) or is_missing(high):
        return f"{value(name, number)}, no interval" + (f" ({why})" if why else "")
    known = EVERY_MEASURE.get(name)
    scale, sign = (known.scale, known.sign) if known else (1.0, "")
    number, low, high = (float(end) * scale for end in (number, low, high))
    how = _decimals(number, (high - low) / 2)
    said, *ends = (_said(end, how) for end in (number, low, high))
    return f"{said}{sign} [{', '.join(ends)}]"


def _said(number: float, how: str) -> str:
    """A number in that format; never a minus before nothing, nor decimals of a nothing that has no place for them."""
    if float(format(number, how)):
        return format(number, how)
    return "0" if how == "#.3g" else format(0.0, how)


def _decimals(number: float, reach: float) -> str:
    """The format of three significant digits of a number that is known to within `reach`."""
    largest = max(abs(number), reach)
    if not 1e-4 <= largest < 1e5:
        return "#.3g"
    return ".1f" if largest >= 100 else f".{2 - math.floor(math.log10(float(f'{largest:.3g}')))}f"


_NONE_IS = {
    "stopped": "a text that stopped early does not fill the window, and is not measured",
    "loop": "no text looped",
    "templated": "no text says one sentence over and over with something changed",
    "repetitive": "no text repeats itself without being a loop",
    "incoherent": "no text is incoherent",
    "switched": "no text changes its language",
    "fluent": "no text is without a fault",
}
"""What it means that a side of these texts is empty."""


def why_empty(side: str, label: str | None, n_a: int, n_b: int) -> str:
    """Why two sides could not be compared: one of them has no text. And what would help.

    Args:
        side, label: of the side with fewer texts: what it is called, and the label that its texts have, if they do.

    >>> why_empty("greedy (loop)", "loop", 0, 5)
    'no text looped (0 against 5 texts); use more prompts (--limit)'
    >>> why_empty("hot", None, 8, 0)
    'no text of hot to measure (8 against 0 texts); use more prompts (--limit)'
    >>> why_empty("hot", None, 1, 8)
    'too few texts to decide (1 against 8)'
    >>> why_empty("TUNED on neutral text", None, 0, 0)
    'too few texts to measure on either side; use more prompts (--limit)'
    """
    if min(n_a, n_b) > 0:
        return f"too few texts to decide ({n_a:,} against {n_b:,})"
    if n_a == n_b == 0 and label is None:
        return "too few texts to measure on either side; use more prompts (--limit)"
    why = _NONE_IS.get(label, f"no text of {side} to measure")
    return f"{why} ({n_a:,} against {count(n_b, 'text')}); use more prompts (--limit)"


def size(bytes_: float) -> str:
    """
    >>> size(512), size(2_147_483_648)
    ('512 B', '2.1 GB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if bytes_ < 1000:
            break
        bytes_ /= 1000
        unit = "TB"
    return f"{bytes_:.0f} B" if unit == "B" else f"{bytes_:.1f} {unit}"


def duration(seconds: float) -> str:
    """
    >>> duration(7.4), duration(102), duration(3723)
    ('0:07', '1:42', '1:02:03')
    """
    minutes, seconds_left = divmod(math.floor(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds_left:02d}" if hours else f"{minutes}:{seconds_left:02d}"


def reason(status: str) -> str:
    """
    >>> reason("degenerate_cloud"), reason("too_cold")
    ('too few distinct points (a loop)', 'too cold')
    """
    return REASONS.get(status, status.replace("_", " "))
