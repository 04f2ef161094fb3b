"""How often a sum of differences is as large when each prompt's sign is tossed: exact, drawn, or by saddlepoint.

Under the null that a prompt's difference is as likely positive as negative, every pattern of signs is as likely as the
one that was seen. Knows one number a prompt; no samples, no means, no measures.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from llmgeo.statistics.chunks import BLOCK, chunks

FEW_DRAWS = 10
"""Where fewer draws are as extreme, their number says too little, and the saddlepoint says how rare it is."""

MANY = 500
"""Above so many prompts no signs are drawn: the saddlepoint is as good, in a fraction of the memory."""

ROUNDING = 1e-12
"""Relative difference of two sums that counts as none."""


def sign_flip_p(sums: np.ndarray, n_permutations: int, seed: int) -> np.ndarray:
    """[K] two-sided p of sums [P, K], one a prompt: the share of sign patterns with as large a total.

    All patterns are enumerated where there are no more than n_permutations + 1 of them; otherwise so many are drawn,
    and p is (1 + as extreme) / (1 + drawn), never 0 (Phipson & Smyth 2010, arXiv 1603.05766). Totals that hardly any
    draw reaches get the tail by saddlepoint (Robinson 1982, JRSS B 44:91), so that p is not bounded by the draws.

    >>> sign_flip_p(np.ones((3, 1)), 9999, seed=0)  # two patterns of eight: all up, all down
    array([0.25])
    """
    n_prompts = len(sums)
    if n_prompts > MANY:
        return _saddlepoint_p(sums)
    signs, is_exact = sign_patterns(n_prompts, n_permutations, seed)
    at_least = np.abs(sums.sum(0)) - ROUNDING * np.abs(sums).sum(0)
    extreme = np.zeros(sums.shape[1], dtype=np.int64)
    for chunk in chunks(sums.shape[1], BLOCK // len(signs)):
        extreme[chunk] = (np.abs(signs @ sums[:, chunk]) >= at_least[chunk]).sum(0)
    if is_exact:
        return extreme / len(signs)
    p = (1 + extreme) / (1 + len(signs))
    is_rare = extreme < FEW_DRAWS
    most = (1 + FEW_DRAWS) / (1 + len(signs))
    p[is_rare] = np.minimum(_saddlepoint_p(sums[:, is_rare]), most)
    return p


def sign_patterns(n_prompts: int, n_permutations: int, seed: int) -> tuple[np.ndarray, bool]:
    """[patterns, P] of ±1: all of them (and True) where they are few enough, random ones (and False) otherwise."""
    if 2**n_prompts <= n_permutations + 1:
        bits = (np.arange(2**n_prompts)[:, None] >> np.arange(n_prompts)) & 1
        return 1.0 - 2.0 * bits, True
    return np.random.default_rng([seed, 4]).choice([-1.0, 1.0], size=(n_permutations, n_prompts)), False


def _saddlepoint_p(sums: np.ndarray) -> np.ndarray:
    p = np.ones(sums.shape[1])
    for chunk in chunks(sums.shape[1], BLOCK // max(len(sums), 1)):
        sizes = np.abs(sums[:, chunk])
        total, norm = np.abs(sums[:, chunk].sum(0)), np.sqrt((sizes**2).sum(0))
        is_moving = total > ROUNDING * sizes.sum(0)
        inside = 2 * _upper_tail(sizes[:, is_moving] / norm[is_moving], total[is_moving] / norm[is_moving])
        p[chunk.start + np.flatnonzero(is_moving)] = np.minimum(inside, 1.0)
    return p


def _upper_tail(sizes: np.ndarray, total: np.ndarray) -> np.ndarray:
    """[K] P(Σ ±sizes >= total) by Lugannani and Rice's formula, for sizes [P, K] of unit norm and totals above 0.

    The tossed sum has the cumulant generating function Σ log cosh(u·size). Where all signs agree there is one pattern,
    and the probability is exact; no other pattern is rarer.
    """
    most = sizes.sum(0)
    rarest = 0.5 ** (sizes > ROUNDING * sizes.max(0, initial=0.0)).sum(0)
    is_inside = total < most * (1 - 1e-9)
    tail = rarest.copy()
    sizes, total = sizes[:, is_inside], total[is_inside]
    u = total.copy()
    for _ in range(200):  # from the left of a concave function's root, so Newton's steps never go too far
        tossed = np.tanh(u * sizes)
        step = (total - (sizes * tossed).sum(0)) / (sizes**2 * (1 - tossed**2)).sum(0)
        u += step
        if (np.abs(step) <= 1e-10 * u).all():
            break
    scaled = u * sizes
    generating = (scaled + np.log1p(np.exp(-2 * scaled)) - np.log(2)).sum(0)
    w = np.sqrt(2 * np.maximum(u * total - generating, 0.0))
    v = u * np.sqrt((sizes**2 / np.cosh(np.minimum(scaled, 300.0)) ** 2).sum(0))
    near = w < 1e-3  # the two reciprocals cancel: there the sum is as good as normal
    w_or_one, v_or_one = np.where(near, 1.0, w), np.where(near, 1.0, v)
    density = np.exp(-(w**2) / 2) / np.sqrt(2 * np.pi)
    beyond = ndtr(-w) + np.where(near, 0.0, density * (1 / v_or_one - 1 / w_or_one))
    tail[is_inside] = np.clip(beyond, rarest[is_inside], 0.5)
    return tail
