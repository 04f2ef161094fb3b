"""The space of what models predict: distances of checkpoints, of nulls beside them, and of runs at equal progress.

Everything follows from the cosines between √p of all checkpoints at each position; they are made position by position,
so that what is held does not grow with positions times vocabulary times checkpoints. Knows log-probabilities, given
block by block; no model, no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.measures.distributions.bhattacharyya import affinities, distances
from llmgeo.measures.distributions.geodesic import arc_weights

BLOCK_NUMBERS = 8_000_000
"""Probabilities, or cosines where these are more, that are held at once, of all checkpoints."""

PLACES = 20
"""Places of equal progress at which runs are compared."""

OWN_ENDS, ONE_END, RANDOM_ENDS, RANDOM_WALKS = "own_ends", "one_end", "random_ends", "random_walks"
NULLS = (OWN_ENDS, ONE_END, RANDOM_ENDS, RANDOM_WALKS)

Block = Callable[[slice], torch.Tensor]
"""From positions to log-probabilities ``[m, B, V]`` of all checkpoints."""


@dataclass(frozen=True)
class Series:
    """The checkpoints, in the order of runs and steps.

    Attributes:
        run: [m] number of the run. progress: [m] along the geodesic. entropy: [m] mean, nats.
    """

    run: np.ndarray
    progress: np.ndarray
    entropy: np.ndarray

    @property
    def runs(self) -> list[np.ndarray]:
        """The places of each run's checkpoints."""
        return [np.flatnonzero(self.run == number) for number in range(int(self.run.max()) + 1)]

    @property
    def furthest(self) -> np.ndarray:
        """[m] the largest progress of the run up to each checkpoint."""
        found = self.progress.copy()
        for places in self.runs:
            found[places] = np.maximum.accumulate(found[places])
        return found


@dataclass(frozen=True)
class FunctionSpace:
    """Mean distances over positions.

    Attributes:
        by_text: [K, m, m] sums over the positions of each text. own_ends: the same of straight ways to the own ends.
        counts: [K] positions of each text.
        nulls: by name, [m, m] means. to_own_ends: [m, m] from each null point to each checkpoint.
        places: [P] of equal progress. between_runs: [P, R, R] distances there; empty where runs do not overlap.
    """

    by_text: np.ndarray
    own_ends: np.ndarray
    counts: np.ndarray
    nulls: dict[str, np.ndarray]
    to_own_ends: np.ndarray
    places: np.ndarray
    between_runs: np.ndarray

    @property
    def distances(self) -> np.ndarray:
        """[m, m] between checkpoints."""
        return self.by_text.sum(0) / self.counts.sum()


def function_space(block: Block, text: np.ndarray, series: Series, symbols: int, seed: int) -> FunctionSpace:
    """All distances, in one pass over the positions.

    Args:
        text: [N] which text each position is of, in ascending order.
        symbols: V.
    """
    count, runs = len(series.run), series.runs
    names, text_of = np.unique(text, return_inverse=True)
    sums = np.zeros((2, len(names), count, count))
    nulls = {name: np.zeros((count, count)) for name in NULLS}
    to_null = np.zeros((count, count))
    places = common_places(series)
    between = np.zeros((len(places), len(runs), len(runs)))
    spreads = logit_spreads(series.entropy, symbols, seed)
    size = max(1, BLOCK_NUMBERS // (count * max(symbols, count)))
    for start in range(0, len(text), size):
        part = slice(start, min(start + size, len(text)))
        roots = (block(part).float() / 2).exp()
        cosines = affinities(roots).numpy()
        own = _with_ignorance(cosines, roots.double().sum(-1).T.numpy() / np.sqrt(symbols))
        ways = _ways(own, runs, series.progress, [places_of[-1] for places_of in runs])
        of_own = _gram(ways, own)
        apart = [distances(torch.from_numpy(each)).numpy() for each in (cosines, of_own)]
        for which in (0, 1):
            np.add.at(sums[which], text_of[part], apart[which])
        nulls[OWN_ENDS] += apart[1].sum(0)
        last = runs[0][-1]
        nulls[ONE_END] += _summed(_gram(_ways(own, runs, series.progress, [last] * len(runs)), own))
        to_null += _summed(np.clip(ways @ own[:, :, :count], 0.0, 1.0))
        random = _random_ends(part, symbols, runs, spreads, seed)
        nulls[RANDOM_ENDS] += _summed(
            _gram(_ways(random, runs, series.progress, list(range(len(runs))), count), random)
        )
        nulls[RANDOM_WALKS] += _summed(_random_walks(part, symbols, runs, spreads, seed))
        for at, place in enumerate(places):
            weights = _trajectory_weights(cosines, series, runs, place)
            between[at] += _summed(_gram(weights, cosines))
    whole = len(text)
    counts = np.bincount(text_of, minlength=len(names))
    means = {name: _without_diagonal(total / whole) for name, total in nulls.items()}
    for total in sums.reshape(-1, count, count):
        np.fill_diagonal(total, 0.0)
    return FunctionSpace(sums[0], sums[1], counts, means, to_null / whole, places, _without_diagonal(between / whole))


def common_places(series: Series) -> np.ndarray:
    """[P] places of progress that every run passes; none where there is one run, or where they share none."""
    runs, furthest = series.runs, series.furthest
    low = max(furthest[places[0]] for places in runs)
    high = min(furthest[places[-1]] for places in runs)
    return np.linspace(low, high, PLACES) if len(runs) > 1 and high > low else np.zeros(0)


def logit_spreads(entropies: np.ndarray, symbols: int, seed: int) -> np.ndarray:
    """[m] standard deviations of normal logits whose softmax has these entropies on average."""
    generator = np.random.default_rng([seed, 23])
    samples = generator.normal(size=(max(4, 20000 // symbols), symbols))
    grid = np.linspace(0, 12, 97)
    found = []
    for spread in grid:
        logits = spread * samples
        logits = logits - logits.max(1, keepdims=True)
        weights = np.exp(logits)
        p = weights / weights.sum(1, keepdims=True)
        found.append(float(-(p * np.log(np.maximum(p, 1e-300))).sum(1).mean()))
    return np.interp(-np.asarray(entropies), -np.array(found), grid)


def _summed(cosines: np.ndarray) -> np.ndarray:
    return distances(torch.from_numpy(np.ascontiguousarray(cosines))).numpy().sum(0)


def _without_diagonal(matrices: np.ndarray) -> np.ndarray:
    for matrix in matrices.reshape(-1, *matrices.shape[-2:]):
        np.fill_diagonal(matrix, 0.0)
    return matrices


def _with_ignorance(cosines: np.ndarray, to_ignorance: np.ndarray) -> np.ndarray:
    """[B, m+1, m+1]: ignorance is the last point."""
    positions, count = cosines.shape[:2]
    whole = np.ones((positions, count + 1, count + 1))
    whole[:, :count, :count] = cosines
    whole[:, :count, count] = whole[:, count, :count] = np.clip(to_ignorance, 0.0, 1.0)
    return whole


def _ways(
    cosines: np.ndarray, runs: Sequence[np.ndarray], progress: np.ndarray, ends: Sequence[int], count: int | None = None
) -> np.ndarray:
    """[B, m, points] weights of points on the arcs from ignorance, the last point, to each run's end.

    A checkpoint stands as far along the arc as its progress is of its run's last progress.
    """
    ignorance = cosines.shape[1] - 1
    count = ignorance if count is None else count
    weights = np.zeros((len(cosines), count, cosines.shape[1]))
    for places, end in zip(runs, ends, strict=True):
        last = max(progress[places[-1]], 1e-9)
        along = np.clip(progress[places] / last, 0.0, 1.0)
        first, second = arc_weights(cosines[:, ignorance, end][:, None], along[None])
        weights[:, places, ignorance] = first
        weights[:, places, end] += second
    return weights


def _gram(weights: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    return np.clip(weights @ cosines @ weights.transpose(0, 2, 1), 0.0, 1.0)


def _seed(seed: int, place: int) -> int:
    """Of a block's random numbers; within what torch takes, whatever the recipe's seed."""
    return (seed * 1_000_003 + place) % 2**63


def _softmax_roots(logits: torch.Tensor) -> torch.Tensor:
    return (logits.log_softmax(-1) / 2).exp()


def _random_ends(part: slice, symbols: int, runs: Sequence[np.ndarray], spreads: np.ndarray, seed: int) -> np.ndarray:
    """[B, R+1, R+1] cosines of an independent end for each run, and of ignorance."""
    generator = torch.Generator().manual_seed(_seed(seed, 2 * part.start))
    positions = part.stop - part.start
    scale = torch.tensor([spreads[places[-1]] for places in runs], dtype=torch.float32)
    roots = _softmax_roots(torch.randn(len(runs), positions, symbols, generator=generator) * scale[:, None, None])
    return _with_ignorance(affinities(roots).numpy(), roots.double().sum(-1).T.numpy() / np.sqrt(symbols))


def _random_walks(part: slice, symbols: int, runs: Sequence[np.ndarray], spreads: np.ndarray, seed: int) -> np.ndarray:
    """[B, m, m] cosines of walks of independent steps in the logits, which end as sure as the checkpoints are."""
    generator = torch.Generator().manual_seed(_seed(seed, 2 * part.start + 1))
    positions = part.stop - part.start
    roots = torch.empty(sum(map(len, runs)), positions, symbols)
    for places in runs:
        growth = np.diff(np.square(np.maximum.accumulate(spreads[places])), prepend=0.0)
        logits = torch.zeros(positions, symbols)
        for place, variance in zip(places, growth, strict=True):
            logits = logits + float(np.sqrt(variance)) * torch.randn(positions, symbols, generator=generator)
            roots[place] = _softmax_roots(logits)
    return affinities(roots).numpy()


def _trajectory_weights(cosines: np.ndarray, series: Series, runs: Sequence[np.ndarray], place: float) -> np.ndarray:
    """[B, R, m] weights of each run's point at a place of progress, on the arc between its neighbouring checkpoints."""
    furthest = series.furthest
    weights = np.zeros((len(cosines), len(runs), cosines.shape[1]))
    for number, places in enumerate(runs):
        along = furthest[places]
        after = int(np.clip(np.searchsorted(along, place, side="left"), 1, len(places) - 1)) if len(places) > 1 else 0
        before = max(after - 1, 0)
        gap = along[after] - along[before]
        share = float(np.clip((place - along[before]) / gap, 0.0, 1.0)) if gap > 0 else 0.0
        first, second = arc_weights(cosines[:, places[before], places[after]], np.array(share))
        weights[:, number, places[before]] = first
        weights[:, number, places[after]] += second
    return weights
