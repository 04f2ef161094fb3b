"""Every sentence that a probe says, whole and in one place; the prose of its page stands in the page's template.

Knows numbers, names and the words that all rooms share; no table, no run and no screen.
"""

from __future__ import annotations

from collections.abc import Mapping

from llmgeo.report import effect_words
from llmgeo.report.words import count, measure
from llmgeo.statistics.verdict import BESIDE

# -- a run -----------------------------------------------------------------------------------------------------------


_FAULTS = {
    "templated": "templated",
    "repetitive": "repetitive",
    "incoherent": "incoherent",
    "switched": "in two languages",
}


def texts_and_labels(texts: int, counts: Mapping[str, int]) -> str:
    """
    >>> texts_and_labels(28, {"loops": 0}), texts_and_labels(28, {"loops": 3, "repetitive": 2, "incoherent": 0})
    ('28 texts', '28 texts, 3 of them loops, 2 repetitive')
    """
    loops = counts.get("loops", 0)
    found = [f"{loops:,} of them {'a loop' if loops == 1 else 'loops'}"] if loops else []
    found += [
        f"{counts[name]:,} {'' if found or at else 'of them '}{words}"
        for at, (name, words) in enumerate((name, words) for name, words in _FAULTS.items() if counts.get(name))
    ]
    return ", ".join([count(texts, "text"), *found])


def failed(texts: int) -> str:
    """
    >>> failed(1), failed(3)
    ('1 text failed and is left out.', '3 texts failed and are left out.')
    """
    return f"{count(texts, 'text')} failed and {_is_are(texts)} left out."


def too_short(texts: int) -> str:
    return f"{count(texts, 'text')} ended before the window was full and {_is_are(texts)} not compared."


def _is_are(number: int) -> str:
    return "is" if number == 1 else "are"


# -- while it goes on ------------------------------------------------------------------------------------------------

AS_PREDICTED_SO_FAR = "as predicted so far"
AGAINST_SO_FAR = "against the prediction so far"
OPEN_SO_FAR = "open so far"


def standing(at_hand: int, prompts: int, said: str) -> str:
    """
    >>> standing(8, 32, "open so far: Loops are thin.")
    '8 of 32 prompts · open so far: Loops are thin.'
    """
    return f"{at_hand} of {count(prompts, 'prompt')} · {said}"


def verdict(conclusion: str, sentence: str, evidence: str | None) -> str:
    return f"{conclusion}: {' '.join(filter(None, [sentence, evidence]))}"


def look(state: str, sentence: str, effect: str | None) -> str:
    """What the prompts at hand say of a claim, before all are there."""
    return f"{state}: {sentence} {f'{effect}, no verdict yet' if effect else 'no verdict yet'}"


def looks_left_out(most_texts: int) -> str:
    return f"More than {most_texts:,} texts: the claims are answered only at the end."


# -- contrasts -------------------------------------------------------------------------------------------------------

BEST_TITLE = "What separates the texts best"
BEST_COLUMNS = ("contrast", "measure", "layer", "a", "b", "of 100 pairs, a is", "q", "against the baseline")
MEASURE_COLUMNS = ("measure", "layer", "a", "b", "of 100 pairs, a is", "q", "q < 0.05 at")
PAIRS = "of 100 pairs, a is"
"""The column that says in how many pairs side a has the higher, or the lower, value."""
NO_BEST = "none"
AT_THE_EMBEDDING = "At the embedding (layer 0), which knows the words but no context:"
NO_BASELINE = "no baseline was measured"


def how_to_read_best(tests: int, has_embedding: bool) -> str:
    apart = "; layer 0, the embedding, stands apart" if has_embedding else ""
    strongest = f"The strongest of {count(tests, 'combination')} of measure and layer with q < 0.05"
    return f"{strongest}; q and the intervals allow for the choice{apart}."


def both_sides(a: str, b: str) -> str:
    return f"a: {a}, b: {b}"


def not_compared(why: str) -> str:
    return f"not compared: {why}"


def two_values(name: str, layer: int | None, a: str, b: str) -> str:
    """
    >>> two_values("turning_angle", 3, "114°", "98°"), two_values("entropy", None, "2.1", "0.4")
    ('turning angle at layer 3: 114° against 98°', 'mean entropy: 2.1 against 0.4')
    """
    return f"{measure(name)}{'' if layer is None else f' at layer {layer}'}: {a} against {b}"


def embedding_effect(contrast: str, name: str, pairs: str) -> str:
    """
    >>> embedding_effect("hot against fluent", "turning_angle", "higher in 96 [74 to 99]")
    'hot against fluent: turning angle, a higher in 96 of 100 [74 to 99]'
    """
    return f"{contrast}: {measure(name)}, a {pairs.replace(' [', ' of 100 [')}"


def baseline_alone(baseline: str, told: float) -> str:
    return f"{measure(baseline)} alone: {effect_words.of_100(told)} of 100"


def beside_baseline(outcome: str, baseline: str, told: float) -> str:
    """Whether geometry at its best does better than the strongest baseline, and how many pairs that one separates."""
    return f"{BESIDE[outcome]} {measure(baseline)} ({effect_words.of_100(told)} of 100)"


def with_ties(beside: str, ties: int) -> str:
    """
    >>> with_ties("better than rep-4 (90 of 100)", 1), with_ties("no baseline was measured", 0)
    ('better than rep-4 (90 of 100); 1 other is as strong', 'no baseline was measured')
    """
    others = "1 other is" if ties == 1 else f"{ties:,} others are"
    return f"{beside}; {others} as strong" if ties else beside


def why_nothing(why: str, n_a: int, n_b: int) -> str:
    return f"{why} ({n_a:,} against {count(n_b, 'text')})"


# -- claims ----------------------------------------------------------------------------------------------------------


def value_in(value: str, side: str) -> str:
    return f"{value} in {side}"


def no_value_in(side: str) -> str:
    return f"no value in {side}"


# -- the page --------------------------------------------------------------------------------------------------------

NO_STATES = "This run kept no hidden states, so no path can be drawn."


def sketched(layers: tuple[int, ...]) -> str:
    """
    >>> sketched((1, 8, 15))
    'Drawn from a sketch that every run keeps of a few texts, at layers 1, 8, 15: near to what the whole states give.'
    """
    listed = f"layer{'' if len(layers) == 1 else 's'} {', '.join(map(str, layers))}"
    return f"Drawn from a sketch that every run keeps of a few texts, at {listed}: near to what the whole states give."


def scale(neighbours: int) -> str:
    return f"neighbours {neighbours} and {2 * neighbours}"


def fluent_and_loop(is_written: bool) -> str:
    how = "runs into a loop" if is_written else "is a loop that the model only read"
    return f"One prompt, two texts: the first flows, the second {how}."


def first_of_sides(left: str, right: str) -> str:
    """
    >>> first_of_sides("bad", "good")
    'Two texts as they were given: the first of bad, and the first of good.'
    """
    return f"Two texts as they were given: the first of {left}, and the first of {right}."


def most_different(has_loops: bool) -> str:
    why = "No prompt has both a fluent text and a loop" if has_loops else "No text on this page loops"
    return f"{why}: these two texts of one prompt come from the conditions whose mean entropy differs most."


def colour_of_contrast(name: str, layer: int, contrast: str, share: float, is_significant: bool) -> str:
    """Why the opening texts are coloured by this measure.

    Args:
        share: of the pairs in which the texts like the second have the higher value.
    """
    way, share = ("higher", share) if share >= 0.5 else ("lower", 1 - share)
    return (
        f"Colour: {measure(name)} at layer {layer}. Of all that is measured token by token, this differs most over the "
        f"texts of “{contrast}”: {way} in texts like the second in {effect_words.of_100(share)} of 100 pairs"
        f"{'' if is_significant else ', which may be chance'}."
    )


def colour_of_two_texts(name: str, layer: int) -> str:
    return (
        f"Colour: {measure(name)} at layer {layer}, picked because these two texts differ most in it; "
        "the recipe contrasts no texts like these two."
    )
