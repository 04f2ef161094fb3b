"""Each claim of the room as one test over the texts, at every scale of the dimension. Draws no verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from llmgeo.experiments.layers import sentences
from llmgeo.experiments.layers.curves import Curve, Measured
from llmgeo.experiments.layers.names import COMPONENTS, OF_TEXTS
from llmgeo.experiments.layers.recipe import BesideClaim, Claim, ComponentsClaim, FlatClaim, LayersRecipe, PeakClaim
from llmgeo.measures.catalogue import DIMENSION, SCALES, scale_name
from llmgeo.measures.status import LAYERS_LEFT_OUT, NO_PLATEAU, OK, TOO_FEW_POINTS
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.extremes import largest_of_least
from llmgeo.statistics.over_scales import over_scales
from llmgeo.statistics.student import Estimated, student
from llmgeo.statistics.verdict import describe_layers

Facts = dict[str, Any]


def claim_tests(recipe: LayersRecipe, measured: Measured, blocks: int) -> list[ClaimTest]:
    """One test a claim of the recipe, in order; of the dimension, and joined with those at every scale of it."""
    return [_over_scales(claim, measured, blocks) for claim in recipe.claims]


def _over_scales(claim: Claim, measured: Measured, blocks: int) -> ClaimTest:
    test: Callable[..., ClaimTest] = _TESTS[type(claim)]
    numbers = claim.layer_numbers(blocks)
    own = test(claim, measured, DIMENSION, numbers)
    at_scales = {n1: test(claim, measured, scale_name(n1), numbers) for n1 in SCALES}
    if np.isfinite(own.p):  # parts may be too small for farther neighbours
        at_scales = {
            n1: at if np.isfinite(at.p) else replace(at, status=TOO_FEW_POINTS) for n1, at in at_scales.items()
        }
    return over_scales(own, at_scales, _has_plateau(claim, measured))


def _has_plateau(claim: Claim, measured: Measured) -> bool:
    """Whether most layers of the conditions have one dimension, whatever the scale."""
    conditions = (claim.of, claim.against) if isinstance(claim, BesideClaim) else (claim.of,)
    statuses = [status for name in conditions for status in measured.rows(name, DIMENSION)["status"]]
    return 2 * statuses.count(OK) > statuses.count(OK) + statuses.count(NO_PLATEAU)


# -- the tests ---------------------------------------------------------------------------------------------------------


def _peak(claim: PeakClaim, measured: Measured, measure: str, numbers: Sequence[int]) -> ClaimTest:
    curve = measured.curve(claim.of, measure)
    ends = curve.layers[:1] + curve.layers[-1:]
    inside = [layer for layer in curve.layers if layer in numbers and layer not in ends]
    others = list(ends) if claim.above == "both ends" else [layer for layer in curve.layers if layer not in inside]
    facts = _facts(claim, measure, inside, numbers, effect_is="ratio")
    a, b = Side("the highest of these layers", (claim.of,)), Side(sentences.OTHERS[claim.above], (claim.of,))
    if curve.status != OK or not inside:
        return ClaimTest(a=a, b=b, status=curve.status if curve.status != OK else LAYERS_LEFT_OUT, **facts)
    (top, of_top), (rest, of_rest) = curve.at(inside), curve.at(others)
    found = largest_of_least(
        top[:, None] - rest[None, :], of_top[:, :, None] - of_rest[:, None, :], curve.freedom
    )  # fmt: skip
    peak, highest = inside[int(top.argmax())], others[int(rest.argmax())]
    return _answered(
        found, facts, curve, Side(a.words, a.conditions, float(np.exp(top.max())), curve.texts),
        Side(b.words, b.conditions, float(np.exp(rest.max())), curve.texts),
        words=sentences.peak(np.exp(top.max()), peak, np.exp(rest.max()), highest),
        remarks=_remarks(claim, measured, found),
    )  # fmt: skip


def _flat(claim: FlatClaim, measured: Measured, measure: str, numbers: Sequence[int]) -> ClaimTest:
    curve = measured.curve(claim.of, measure)
    chosen = [layer for layer in curve.layers if layer in numbers]
    facts = _facts(claim, measure, chosen, numbers, effect_is="ratio", nothing=claim.most)
    a, b = Side("the largest over layers", (claim.of,)), Side("the smallest", (claim.of,))
    if curve.status != OK or len(chosen) < 2:
        return ClaimTest(a=a, b=b, status=curve.status if curve.status != OK else LAYERS_LEFT_OUT, **facts)
    values, influence = curve.at(chosen)
    above, below = (1 - np.eye(len(chosen))).nonzero()
    found = largest_of_least(
        (values[above] - values[below])[:, None], (influence[:, above] - influence[:, below])[:, :, None],
        curve.freedom, nothing=float(np.log(claim.most)),
    )  # fmt: skip
    largest, smallest = (float(np.exp(each)) for each in (values.max(), values.min()))
    at = chosen[int(values.argmax())], chosen[int(values.argmin())]
    return _answered(
        found, facts, curve, Side(a.words, a.conditions, largest, curve.texts),
        Side(b.words, b.conditions, smallest, curve.texts), words=sentences.extremes(largest, smallest, *at),
        remarks=(sentences.flat(claim.most), *_remarks(claim, measured, found)),
    )  # fmt: skip


def _beside(claim: BesideClaim, measured: Measured, measure: str, numbers: Sequence[int]) -> ClaimTest:
    curves = [measured.curve(name, measure) for name in (claim.of, claim.against)]
    chosen = [layer for layer in numbers if all(layer in curve.layers for curve in curves)]
    facts = _facts(claim, measure, chosen, numbers, effect_is="ratio")
    a, b = Side(claim.of, (claim.of,)), Side(claim.against, (claim.against,))
    why = next((curve.status for curve in curves if curve.status != OK), None if chosen else LAYERS_LEFT_OUT)
    if why is not None:
        return ClaimTest(a=a, b=b, status=why, **facts)
    (own, of_own), (other, of_other) = (curve.at(chosen) for curve in curves)
    error = float(np.sqrt(((of_own - of_other).mean(1) ** 2).sum()))
    found = student(float((own - other).mean()), error, min(curve.freedom for curve in curves))
    values = [float(np.exp(each.mean())) for each in (own, other)]
    return _answered(
        found, facts, curves[0], Side(a.words, a.conditions, values[0], curves[0].texts),
        Side(b.words, b.conditions, values[1], curves[1].texts),
        words=sentences.beside(claim.of, values[0], claim.against, values[1]),
        remarks=_remarks(claim, measured, found),
    )  # fmt: skip


def _components(claim: ComponentsClaim, measured: Measured, measure: str, numbers: Sequence[int]) -> ClaimTest:
    curve, rows = measured.curve(claim.of, measure), measured.rows(claim.of, COMPONENTS)
    known = rows[rows["value"].notna()].set_index("layer")
    chosen = [layer for layer in curve.layers if layer in numbers and layer in known.index]
    facts = _facts(claim, measure, chosen, numbers, effect_is="ratio", nothing=claim.least)
    a, b = Side("principal components for 90 % of the variance", (claim.of,)), Side("the dimension", (claim.of,))
    if curve.status != OK or not chosen:
        return ClaimTest(a=a, b=b, status=curve.status if curve.status != OK else LAYERS_LEFT_OUT, **facts)
    counts, errors = (known.loc[chosen, name].to_numpy(float) for name in ("value", "group_error"))
    values, influence = curve.at(chosen)
    logs = np.log(counts) - values
    whole = np.vstack([influence, np.diag(errors / counts)])  # errors of either are taken to have nothing in common
    least = largest_of_least(-logs[:, None], whole[:, :, None], curve.freedom, nothing=-float(np.log(claim.least)))
    found = Estimated(-least.value, -least.high, -least.low, least.p)
    place = int(logs.argmin())
    number, dimension = float(counts[place]), float(np.exp(values[place]))
    return _answered(
        found, facts, curve, Side(a.words, a.conditions, number, curve.texts),
        Side(b.words, b.conditions, dimension, curve.texts),
        words=sentences.components(number, dimension, chosen[place], float(np.exp(logs.max()))),
        remarks=(
            *sentences.of_gaussian(_gaussian_ratio(measured, claim.of, measure, chosen)),
            sentences.most_components(curve.texts, claim.least), *_remarks(claim, measured, found),
        ),
    )  # fmt: skip


def _gaussian_ratio(measured: Measured, condition: str, measure: str, layers: Sequence[int]) -> float:
    """The least ratio over layers, of Gaussian clouds with the same covariances."""
    nulls = [measured.rows(condition, name).set_index("layer")["null"].astype(float) for name in (COMPONENTS, measure)]
    ratios = (nulls[0] / nulls[1]).reindex(layers).dropna()
    return float(ratios.min()) if len(ratios) else float("nan")


_TESTS: Mapping[type, Callable[..., ClaimTest]] = {
    PeakClaim: _peak, FlatClaim: _flat, BesideClaim: _beside, ComponentsClaim: _components,
}  # fmt: skip


# -- what they have in common ------------------------------------------------------------------------------------------


def _facts(claim: Claim, measure: str, chosen: Sequence[int], numbers: Sequence[int], **more: Any) -> Facts:
    name = claim.layers if isinstance(claim.layers, str) else None
    counted = chosen if set(chosen) != set(numbers) else None
    words = sentences.layer_words(describe_layers(numbers, name), counted, isinstance(claim, PeakClaim))
    return {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "measure": measure, "cloud": OF_TEXTS, "axis": "none", "layers": tuple(chosen), "layer_words": words,
    } | more  # fmt: skip


def _answered(found: Estimated, facts: Facts, curve: Curve, a: Side, b: Side, **more: Any) -> ClaimTest:
    effect, low, high = (float(np.exp(each)) for each in (found.value, found.low, found.high))
    return ClaimTest(a=a, b=b, effect=effect, low=low, high=high, p=found.p, **more, **facts)


def _remarks(claim: Claim, measured: Measured, found: Estimated) -> Iterator[str]:
    if not np.isfinite(found.p):
        yield sentences.NO_PARTS
    yield sentences.OVER_TEXTS
    conditions = (claim.of, claim.against) if isinstance(claim, BesideClaim) else (claim.of,)
    yield from sentences.of_conditions(conditions)
