"""Linear dimension of a cloud: how many directions its variance spreads over.

All four read the spectrum of the covariance of the distinct points, centred on their own mean, and see the linear span:
a curved sheet reads as high as the space it bends through. All depend on the number of points (for isotropic data the
participation ratio is about 1/(1/d + 1/N)): compare clouds of equal n. Knows nothing about neighbours or tokens.

Standard errors treat the points as independent draws: an exact delete-one jackknife for the participation ratio, an
infinitesimal jackknife (Efron 1982: the derivative with respect to the weight of each point) for the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.clouds.eigenvalues import Spectrum, distinct_gram, distinct_points, scatter, spectrum_of
from llmgeo.measures.door import names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.ranks import log_or_zero, normalised, spectral_entropy
from llmgeo.measures.status import OK, TOO_FEW_POINTS

Measured = tuple[float, float]
"""A value and its standard error."""


@names_itself
def participation_ratio(points: torch.Tensor | np.ndarray | Cloud, unbiased: bool = False) -> Estimate:
    """(Σλ)² / Σλ² over the eigenvalues of the covariance: d equal eigenvalues count as d (Gao et al. 2017).

    Needs no eigenvalues: it is (tr G)² / ‖G‖² of the inner products G. With `unbiased`, (tr Σ)² and tr Σ² are replaced
    by estimates without bias under any distribution (Himeno & Yamada 2014); their ratio is the row-corrected estimator
    of Chun, Canatar, Chung & Lee (arXiv 2509.26560), which does not drift with the number of points.

    Args:
        points: [..., N, D] or a Cloud.
        unbiased: correct for the number of points.

    Returns:
        `Estimate` of batch shape [...]; "too_few_points" where the unbiased denominator is not positive: so few points
        in so many directions that they cannot be told from orthogonal ones.

    Raises:
        MeasureError: points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(200, 40))
    >>> round(float(participation_ratio(cloud).value)), round(float(participation_ratio(cloud, unbiased=True).value))
    (33, 40)
    """
    unbiased = setting("participation_ratio", "unbiased", unbiased)
    return _over_clouds(as_cloud(points), lambda cloud, index: _participation(cloud, index, unbiased))


@names_itself
def rank_me(points: torch.Tensor | np.ndarray | Cloud, standard_error: bool = True) -> Estimate:
    """Exponential of the entropy of the normalised singular values (Garrido et al. 2023, arXiv 2210.02885, RankMe).

    Singular values, not their squares, of the centred points, and without the paper's constant 1e-7 inside the sum.

    Args:
        points: [..., N, D] or a Cloud.
        standard_error: False leaves it nan and takes half the time.

    Raises:
        MeasureError: points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(2000, 5))
    >>> round(float(rank_me(cloud).value), 1)
    5.0
    """
    return _over_spectra(points, lambda spectrum: _entropy_rank(spectrum, 0.5), standard_error)


@names_itself
def covariance_rank(points: torch.Tensor | np.ndarray | Cloud, standard_error: bool = True) -> Estimate:
    """As `rank_me`, of the covariance's eigenvalues: what Li et al. 2025 (arXiv 2509.23024) call RankMe.

    Never more than `rank_me` of the same points: squares are less even than the numbers themselves.

    Args:
        points: [..., N, D] or a Cloud.
        standard_error: False leaves it nan and takes half the time.

    Raises:
        MeasureError: points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(2000, 5))
    >>> round(float(covariance_rank(cloud).value), 1)
    5.0
    """
    return _over_spectra(points, lambda spectrum: _entropy_rank(spectrum, 1.0), standard_error)


@names_itself
def pc_dimension(
    points: torch.Tensor | np.ndarray | Cloud, variance: float = 0.9, standard_error: bool = True
) -> Estimate:
    """The number of principal components that together hold the share `variance` of the variance.

    Args:
        points: [..., N, D] or a Cloud.
        variance: from 0.01 to 1.
        standard_error: False leaves it nan and takes half the time. It is that of the held share over the share of the
            last component counted; the value is a whole number, and steps.

    Raises:
        MeasureError: `variance` out of range, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(2000, 10))
    >>> float(pc_dimension(cloud, variance=0.75).value)
    8.0
    """
    variance = setting("pc_dimension", "variance", variance)
    return _over_spectra(points, lambda spectrum: _pc_dimension(spectrum, variance), standard_error)


@names_itself
def alpha_req(
    points: torch.Tensor | np.ndarray | Cloud, ranks: tuple[int, int] = (12, 100), standard_error: bool = True
) -> Estimate:
    """Exponent α of a power law λ_i ∝ i^(−α) fitted to the eigenvalues (Agrawal et al. 2022, α-ReQ).

    Least squares of log λ on log i with weights 1/i, over the ranks that the authors' code uses. Near 1: a spectrum as
    rich as smoothness allows; larger: few directions. The last ranks before n − 1 fall off in any finite sample.

    Args:
        points: [..., N, D] or a Cloud.
        ranks: first and last eigenvalue of the fit, both included, counted from 1.
        standard_error: False leaves it nan and takes half the time.

    Returns:
        `Estimate` of batch shape [...]; "too_few_points" where the cloud has fewer eigenvalues than `ranks` asks for.

    Raises:
        MeasureError: not 1 ≤ first < last, or points that no Cloud can be made of.

    >>> spectrum = np.arange(1, 301) ** -0.5
    >>> cloud = np.random.default_rng(0).normal(size=(4000, 300)) * spectrum
    >>> round(float(alpha_req(cloud).value), 1)
    1.0
    """
    first, last = setting("alpha_req", "ranks", ranks)
    return _over_spectra(points, lambda spectrum: _alpha_req(spectrum, first, last), standard_error, is_dimension=False)


# --- over a batch -----------------------------------------------------------------------------------------------------


def _over_spectra(
    points: torch.Tensor | np.ndarray | Cloud,
    measure: Callable[[Spectrum], Measured | None],
    standard_error: bool,
    is_dimension: bool = True,
) -> Estimate:
    def of_cloud(cloud: Cloud, index: int) -> Measured | None:
        return measure(spectrum_of(cloud, index, standard_error))

    return _over_clouds(as_cloud(points), of_cloud, is_dimension)


def _over_clouds(cloud: Cloud, measure: Callable[[Cloud, int], Measured | None], is_dimension: bool = True) -> Estimate:
    """`measure` of every cloud that may be trusted; None from it means too few points."""
    status = cloud.flat_status.copy()
    value, error = np.full((2, len(status)), np.nan)
    for index in np.flatnonzero(status == OK):
        measured = measure(cloud, int(index))
        if measured is None:
            status[index] = TOO_FEW_POINTS
        else:
            value[index], error[index] = measured
    return cloud.estimate(value, error, status, is_dimension=is_dimension)


# --- the measures of one cloud ----------------------------------------------------------------------------------------


def _participation(cloud: Cloud, index: int, unbiased: bool) -> Measured | None:
    """The ratio and its delete-one jackknife error.

    Leaving out point i turns the scatter S into S − c·x_i x_iᵀ with c = n/(n−1), and x_j into x_j + x_i/(n−1): all that
    the ratio needs of every reduced cloud follows from three sums over the whole one.
    """
    n = int(cloud.flat_n_unique[index])
    squares, fourth, mixed = _gram_sums(cloud, index)
    trace, norm, quartic = squares.sum(), fourth.sum(), squares.square().sum()
    value = _ratio(n, trace, norm, quartic, unbiased)
    if not value > 0:
        return None
    c, a = n / (n - 1), 1 / (n - 1)
    own = squares.square()
    shifted = quartic + 4 * a * mixed + a**2 * (4 * fourth + 2 * squares * trace) + n * a**4 * own - (1 + a) ** 4 * own
    left_out = _ratio(n - 1, trace - c * squares, norm - 2 * c * fourth + c**2 * own, shifted, unbiased)
    error = ((n - 1) / n * (left_out - left_out.mean()).square().sum()).sqrt()
    return float(value), float(error)


def _gram_sums(cloud: Cloud, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """[n] each: g_ii, Σ_j g_ij² and Σ_j g_jj g_ij, from the scatter where that is the smaller matrix."""
    if cloud.flat_gram is not None or int(cloud.flat_n_unique[index]) <= cloud.dimension:
        gram = distinct_gram(cloud, index)
        squares = gram.diagonal()
        return squares, gram.square().sum(-1), gram @ squares
    points = distinct_points(cloud, index)
    squares = points.square().sum(-1)
    return squares, ((points @ scatter(points)) * points).sum(-1), points @ (points.T @ squares)


def _ratio(n: int, trace: torch.Tensor, norm: torch.Tensor, quartic: torch.Tensor, unbiased: bool) -> torch.Tensor:
    """(tr Σ)²/tr Σ² from tr S, ‖S‖² and Σ|x|⁴ of the scatter S of n centred points; nan where the latter is not > 0."""
    if not unbiased:
        return trace.square() / norm
    norm, trace = norm / (n - 1) ** 2, trace.square() / (n - 1) ** 2  # of the covariance
    tails = n / (n - 1) * quartic
    squared_trace = 2 * norm + (n**2 - 3 * n + 1) * trace - tails
    trace_of_square = (n - 1) * (n - 2) * norm + trace - tails
    rounding = 1e-9 * (n - 1) * (n - 2) * norm
    return torch.where(trace_of_square > rounding, squared_trace / trace_of_square, torch.nan)


def _entropy_rank(spectrum: Spectrum, power: float) -> Measured:
    """The effective rank of the eigenvalues to a power: ½ for the singular values, 1 for the covariance's own."""
    weights = spectrum.eigenvalues.sqrt() if power == 0.5 else spectrum.eigenvalues
    share, entropy = normalised(weights), spectral_entropy(weights)
    value = float(entropy.exp())
    # d log w = power·leverage along each direction, so that dH = −power Σ p (log p + H)·leverage
    return value, value * _influence_error(spectrum, -power * share * (log_or_zero(share) + entropy))


def _pc_dimension(spectrum: Spectrum, variance: float) -> Measured:
    count, coefficients = _pc_coefficients(spectrum, variance)
    return float(count), _influence_error(spectrum, coefficients)


def pc_influences(spectrum: Spectrum, variance: float) -> tuple[int, torch.Tensor]:
    """The number of principal components, and ``[n]`` what each distinct point adds to it, to first order."""
    count, coefficients = _pc_coefficients(spectrum, variance)
    return count, -(spectrum.leverage @ coefficients)


def _pc_coefficients(spectrum: Spectrum, variance: float) -> tuple[int, torch.Tensor]:
    """The number of components, and what a larger weight of each direction adds to what they hold, in components."""
    share = spectrum.eigenvalues / spectrum.eigenvalues.sum()
    held = share.cumsum(0)
    count = int((held < variance * (1 - 1e-12)).sum()) + 1
    inside = (torch.arange(len(share), device=share.device) < count).to(share.dtype)
    return count, share * (inside - held[count - 1]) / share[count - 1]


def _alpha_req(spectrum: Spectrum, first: int, last: int) -> Measured | None:
    used = spectrum.eigenvalues[first - 1 : last]
    if len(used) < last - first + 1 or not bool(used[-1] > 0):
        return None
    rank = torch.arange(first, last + 1, dtype=used.dtype, device=used.device)
    weight, x = 1 / rank, rank.log()
    x = weight * (x - (weight * x).sum() / weight.sum())
    slope = -x / (x * rank.log()).sum()  # α is a sum of these times log λ
    coefficients = torch.zeros_like(spectrum.eigenvalues)
    coefficients[first - 1 : last] = slope
    return float((slope * used.log()).sum()), _influence_error(spectrum, coefficients)


def _influence_error(spectrum: Spectrum, coefficients: torch.Tensor) -> float:
    """Root of the sum of squared influences, where the weight of point i moves the value by Σ_k c_k·leverage_ik."""
    if spectrum.leverage is None:
        return float("nan")
    return float(torch.linalg.vector_norm(spectrum.leverage @ coefficients))
