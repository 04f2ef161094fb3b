"""Every sentence that a comparison says, whole and in one place; the prose of its page stands in the page's template.

Knows numbers, names and the words that all rooms share; no table, no run and no screen.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmgeo.report.words import count

TEXT_WORDS = {
    "neutral": "neutral text",
    "base_answer": "BASE's answers",
    "tuned_answer": "TUNED's answers",
    "chat_answer": "TUNED's chat answers",
}
"""What the kinds of text are called wherever people read of them."""

# -- a run -----------------------------------------------------------------------------------------------------------


def too_short(texts: int, kind: str) -> str:
    return f"{texts:,} of {kind} ended before the window was full: only their outputs are compared"


def loops(texts: int, kind: str) -> str:
    return f"{kind}: {texts:,} of them {'is a loop' if texts == 1 else 'are loops'}, measured like the others"


def empty(answers: int) -> str:
    return f"{count(answers, 'answer')} ended before the first token"


def failed(texts: int) -> str:
    return f"{count(texts, 'text')} failed"


def little_rounding(moved: float, model: str) -> str:
    return (
        f"Only {moved:.0%} of {model}'s numbers are weights that rounding can move; the others are codes "
        "of quantised weights. The effect of rounding on the states is underestimated."
    )


# -- where the two differ --------------------------------------------------------------------------------------------

FINDINGS_TITLE = "Where the two differ"
NO_WEIGHT_DIFFERS = "Weights: no tensor differs."
A_ROTATION, PARTLY_A_ROTATION, NO_ROTATION = "a rotation", "partly a rotation", "moved, not rotated"


def weights_differ(blocks: int, changed: int, most_changed: int, change: float) -> str:
    where = "the embedding" if most_changed == 0 else f"block {most_changed}"
    return (
        f"Weights: {changed} of {count(blocks, 'block')} changed (the embedding counts as one), most of all {where} "
        f"(relative change {change:.3g}, mean over its tensors)."
    )


def states_alike(last: int) -> str:
    return f"States: identical to the last bit at all layers, 0 to {last}."


def states_differ(first: int) -> str:
    """
    >>> states_differ(3)
    'States: identical to the last bit up to layer 2, different from layer 3 on.'
    """
    if not first:
        return "States: different from layer 0 on."
    return f"States: identical to the last bit up to layer {first - 1}, different from layer {first} on."


def grows_most(layer: int, before: str, distance: str, rounding: str) -> str:
    """At which layer the distance of the states grows most, from where to where."""
    if not layer:
        return (
            f"The distance begins at the embedding, layer 0: {distance} "
            f"(un-rotated residual; rounding the weights: {rounding})."
        )
    return (
        f"The distance grows most at layer {layer}: from {before} to {distance} "
        f"(un-rotated residual; rounding the weights: {rounding})."
    )


def within_rounding(layers: int) -> str:
    return f"At {count(layers, 'layer')} it is no larger than what rounding the weights makes."


def after_rotation(layer: int, before: float, after: float, kind: str) -> str:
    return f"At layer {layer} the states lie {before:.3g} apart, {after:.3g} after the best rotation: {kind}."


# -- what changed in each model's own geometry -----------------------------------------------------------------------

DIFFERENCES_TITLE = "What changed in each model's own geometry"
HOW_TO_READ_DIFFERENCES = (
    "For each measure, the clearest layer with q < 0.05 and beyond rounding; q is corrected for the choice, and the "
    "interval is that of a single layer."
)
DIFFERENCE_COLUMNS = ("measure", "text", "layer", "base", "tuned", "difference", "q", "rounding", "layers")
ALL_ALIKE = "Nothing differs: every measure has the same value in both models."
NOTHING_CLEAR = "Nothing differs both significantly and by more than rounding the weights makes."


def too_few_prompts(prompts: int, fewest: int) -> str:
    """
    >>> too_few_prompts(1, 6)
    'Undecided: 1 prompt is too few for any difference to be significant; it takes 6 or more.'
    """
    there = count(prompts, "prompt") + (" is" if prompts == 1 else " are")
    return f"Undecided: {there} too few for any difference to be significant; it takes {fewest} or more."


def of_all_last_tokens(measure: str) -> str:
    return f"{measure}, last tokens of all texts"


def clear_at(layers: int, measured: int, higher: int) -> str:
    """At how many layers a difference is clear, and which way it goes there; for a cell."""
    return f"{layers} of {measured}: {higher} up, {layers - higher} down"


def no_plateau(without: int, layers: int) -> str:
    """
    >>> no_plateau(3, 3), no_plateau(2, 3)[:30]
    ('no plateau at all 3 layers: a difference at one scale, not of a dimension', 'no plateau at 2 of 3 layers: a')
    """
    many = "all" if without == layers else f"{without} of"
    return f"no plateau at {many} {count(layers, 'layer')}: a difference at one scale, not of a dimension"


def two_models(measure: str, text: str, base: str, tuned: str, layer: str) -> str:
    return f"{measure}, {text}: BASE {base}, TUNED {tuned} at layer {layer}"


def difference(difference: str, q: str, rounding: str, layers: int, measured: int, higher: int) -> str:
    return (
        f"difference {difference}, {q}; rounding {rounding}; "
        f"clear at {layers} of {measured} layers, {higher} up and {layers - higher} down"
    )


def more_differences(number: int, command: str) -> str:
    return f"and {number} more: {command} --contrasts"


# -- what the two predict --------------------------------------------------------------------------------------------

OUTPUTS_TITLE = "Next-token distributions"
HOW_TO_READ_OUTPUTS = (
    "KL, JS and entropy drop (BASE's entropy minus TUNED's) in nats; unshifted, marginal, shifted: TUNED's choice "
    "is BASE's first, its second or third, or none"
)
OUTPUT_COLUMNS = ("KL", "rounding", "JS", "entropy drop", "unshifted", "marginal", "shifted")
CHAT_NOTE = "TUNED reads chat answers within its chat template, BASE without it."
POSITIONS_TITLE = "Where the predictions differ most"
HOW_TO_READ_POSITIONS = "KL in nats, on texts that both read in one form; the token in brackets is the one predicted"

# -- claims ----------------------------------------------------------------------------------------------------------

STEPS_AND_TUNING, UNRELATED_AND_TUNING = "step-by-step answers and tuning", "unrelated answers and tuning"
COMPLEXITY = "the mean surprisal of the prompt in BASE"
NO_VALUE = "no value"
NO_VALUES_OF_PROMPTS = (
    "This claim is about a cloud of many texts together; no prompt has a value of its own that could be drawn."
)
RANGE_DEPENDS = "the dimension depends on the scale: it lies in the range at some scales only, or on both sides of it"
RANGE_WITHOUT_SCALES = "the dimension depends on the scale, and this run has no curve over the scales"


def reader_on(reader: str, text: str) -> str:
    """
    >>> reader_on("base", "tuned_answer"), reader_on("tuned", "tuned_answer")
    ("BASE on TUNED's answers", 'TUNED on its own answers')
    """
    return f"{reader.upper()} on {TEXT_WORDS[text]}".replace(f"on {reader.upper()}'s", "on its own")


def two_values(measure: str, a: str, a_words: str, b: str, b_words: str) -> str:
    return f"{measure}: {a} ({a_words}) against {b} ({b_words})"


def unlike_lengths(a: float, b: float) -> str:
    return (
        f"the windows are equally long, but the texts before them are not ({a:.0f} against {b:.0f} tokens), and a "
        "dimension drifts with length"
    )


def length_goes_with_complexity(rho: float) -> str:
    """Longer prompts may be the more complex ones, or the less."""
    return f"here, longer prompts are {'more' if rho > 0 else 'less'} complex (rho {rho:.2f})"


def trend(measure: str, reader: str, lowest: float | None, highest: float | None) -> str:
    """A measure against the complexity of the prompts, which goes from the lowest to the highest, if there are any."""
    span = "" if lowest is None else f" ({lowest:.1f} to {highest:.1f} nats a token)"
    return f"{measure} of {reader}, against {COMPLEXITY}{span}"


def shared_directions(dimensions: int, steps: float, plain: float, halves: float, rounding: float) -> str:
    return (
        f"of {dimensions} directions, step-by-step answers share {steps:.2f} with tuning; unrelated answers share "
        f"{plain:.2f} with it, its own halves {halves:.2f}; step-by-step shares {rounding:.2f} with rounding"
    )


def reads(measure: str, lowest: float, highest: float) -> str:
    return f"{measure} {lowest:.3g} to {highest:.3g}"


def reads_by_scale(measure: str, lowest: float, highest: float, low: float, high: float) -> str:
    return f"{reads(measure, lowest, highest)} ({low:.3g} to {high:.3g} over the scales)"


def could_mean_it(measures: Sequence[str]) -> str:
    return (
        f"only {', '.join(measures)} could mean such a dimension"
        if measures
        else "none of these could mean such a dimension"
    )


def most_linear(points: int) -> str:
    return f"{points} points, so no linear measure can exceed {points - 1}"


# -- the page --------------------------------------------------------------------------------------------------------

SECTIONS = (
    ("distances", "How far apart the states are", "Between the two models' states of the same tokens, text by text."),
    (
        "spans",
        "Several texts together",
        "What needs more points than one text has: subspaces and shared directions.",
    ),
    ("differences", "Each model's own geometry", "TUNED minus BASE, prompt by prompt; zero means no change."),
    ("clouds", "The geometry of several texts", "TUNED minus BASE, for clouds made of the tokens of several texts."),
)
"""The sections of the layer curves: id, title, remark."""


def tuned_minus_base(measure: str) -> str:
    return f"{measure}, TUNED − BASE"
