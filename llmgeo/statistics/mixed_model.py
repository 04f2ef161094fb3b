"""A linear mixed model with a random intercept a group, as papers fit it; whether the fit means anything is said.

statsmodels reports convergence of fits whose variance between groups lies on its boundary, or whose Hessian is not
positive definite: the numbers then look like any others. Here such a fit has the status "singular". Knows numbers.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.extras import needed
from llmgeo.statistics.prompt_table import OK

FEWEST_GROUPS = 30
"""Groups below which a variance between them is not told from none: no fit is made."""

FEW_GROUPS, SINGULAR = "few_groups", "singular"

BOUNDARY = 1e-4
"""A variance between groups below this share of the residual one lies on the boundary. statsmodels warns below 0.01 of
the outcome's unit, whatever the residual variance is: of an outcome that other predictors explain well, always."""


@dataclass(frozen=True)
class MixedFit:
    """A fit of one outcome.

    Attributes:
        terms: one row a predictor: term, coefficient, error, low, high, p; nan where there is no fit.
        group_variance: between groups, as a share of the residual variance.
        n, groups: rows and groups that it rests on.
        status: "ok", "few_groups" or "singular": on the boundary, not positive definite, or not fitted at all.
    """

    terms: pd.DataFrame
    group_variance: float
    n: int
    groups: int
    status: str


def mixed_model(
    outcome: np.ndarray, predictors: pd.DataFrame, groups: np.ndarray, levels: np.ndarray | None = None
) -> MixedFit:
    """outcome ~ predictors + levels + (1 | group), by restricted maximum likelihood (statsmodels' MixedLM).

    Outcome and predictors are standardised first: a coefficient is in standard deviations per standard deviation.

    Args:
        outcome: [n]. predictors: [n] rows. groups: [n] labels with a random intercept each.
        levels: [n] labels with a fixed effect each, or none.

    Raises:
        MissingPackageError: statsmodels is not installed.

    >>> random = np.random.default_rng(0)
    >>> groups = np.repeat(np.arange(40), 4)
    >>> x = random.normal(size=160)
    >>> fit = mixed_model(x + random.normal(size=40)[groups] + random.normal(size=160), pd.DataFrame({"x": x}), groups)
    >>> fit.status, bool(fit.terms["p"][0] < 0.001)
    ('ok', True)
    """
    module = needed("statsmodels.regression.mixed_linear_model", "A mixed model")
    known = np.isfinite(outcome) & np.isfinite(predictors.to_numpy(dtype=float)).all(1)
    outcome, groups = np.asarray(outcome, dtype=float)[known], np.asarray(groups)[known]
    table = predictors.loc[known].reset_index(drop=True)
    count = len(np.unique(groups))
    if count < FEWEST_GROUPS:
        return _no_fit(table, len(outcome), count, FEW_GROUPS)
    design = _standardised(table)
    design.insert(0, "intercept", 1.0)
    if levels is not None:
        dummies = pd.get_dummies(pd.Series(np.asarray(levels)[known]), drop_first=True, dtype=float)
        design = design.join(dummies.add_prefix("level "))
    y = _standardised(pd.DataFrame({"outcome": outcome}))["outcome"]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            fit = module.MixedLM(y, design, groups).fit(reml=True)
            errors, p = fit.bse_fe.to_numpy(), fit.pvalues.to_numpy()[: design.shape[1]]
        except np.linalg.LinAlgError:
            return _no_fit(table, len(outcome), count, SINGULAR)
    variance = float(np.asarray(fit.cov_re)[0, 0] / fit.scale)
    complaints = " ".join(str(warning.message) for warning in said)
    is_singular = variance < BOUNDARY or "positive definite" in complaints or "singular" in complaints
    places = [list(design.columns).index(name) for name in table.columns]
    value, error = fit.fe_params.to_numpy()[places], errors[places]
    rows = {"term": list(table.columns), "coefficient": value, "error": error}
    terms = pd.DataFrame(rows | {"low": value - 1.96 * error, "high": value + 1.96 * error, "p": p[places]})
    status = SINGULAR if is_singular or not np.isfinite(error).all() else OK
    return MixedFit(terms, variance, len(outcome), count, status)


def _standardised(table: pd.DataFrame) -> pd.DataFrame:
    spread = table.std(ddof=0)
    return (table - table.mean()) / spread.where(spread > 0, 1.0)


def _no_fit(table: pd.DataFrame, n: int, groups: int, status: str) -> MixedFit:
    nothing = dict.fromkeys(("coefficient", "error", "low", "high", "p"), np.nan)
    return MixedFit(pd.DataFrame([{"term": name} | nothing for name in table.columns]), np.nan, n, groups, status)
