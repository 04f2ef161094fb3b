"""Does a measure go with a quality of the text? Rank correlations within decoders; and the paper's mixed model.

Needs tables; no model, no states. A decoder has one temperature, so that within decoders the temperature is held.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from llmgeo.errors import MissingPackageError
from llmgeo.experiments.dmet.names import (
    HELD,
    INCOMPARABLE,
    LOG_PERPLEXITY,
    PHASES,
    PRIVATE,
    QUALITIES,
    REP_4,
    SPACES,
    TEXT,
)
from llmgeo.experiments.dmet.path_table import PathTable
from llmgeo.experiments.dmet.qualities import values_of, why_missing
from llmgeo.experiments.dmet.tables import ASSOCIATIONS, REPLICATION
from llmgeo.statistics import benjamini_hochberg
from llmgeo.statistics.mixed_model import mixed_model
from llmgeo.statistics.partial_rank import PartialRank, partial_rank

ASSOCIATED = ("mean_step", "silhouette", "longest_h1_bar", "predictability")
"""The paper's predictors: C, Q, P, and its fourth."""

PRIVATE_AXES = "private_axes"


def association(
    table: PathTable, measured: np.ndarray, quality: np.ndarray, held: str, seed: int, permutations: int = 4999
) -> PartialRank:
    """The rank correlation of a measure [texts] with a quality [texts] within decoders."""
    return partial_rank(
        measured,
        quality,
        table.texts["condition"].to_numpy(),
        table.prompts,
        table.texts["rep_4"].to_numpy(dtype=float) if held == REP_4 else None,
        n_permutations=permutations,
        seed=seed,
    )


def association_table(table: PathTable, qualities: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row a layer, space, measure, quality and what is held."""
    rows = list(_associations(table, qualities, seed))
    frame = pd.DataFrame(rows, columns=[name for name in ASSOCIATIONS.columns if name != "q"])
    return frame.assign(q=benjamini_hochberg(frame["p"].to_numpy(dtype=float)))[list(ASSOCIATIONS.columns)]


def _associations(table: PathTable, qualities: pd.DataFrame, seed: int) -> Iterator[dict[str, object]]:
    for layer in table.layers:
        for space in SPACES:
            for measure in ASSOCIATED:
                for quality in QUALITIES:
                    for held in HELD:
                        names = {"layer": layer, "space": space, "measure": measure, "quality": quality, "held": held}
                        yield names | _row(table, qualities, layer, space, measure, quality, held, seed)


def _row(
    table: PathTable, qualities: pd.DataFrame, layer: int, space: str, measure: str, quality: str, held: str, seed: int
) -> dict[str, object]:
    why = PRIVATE_AXES if measure in INCOMPARABLE and space == PRIVATE else why_missing(qualities, quality)
    if why is not None:
        nothing = dict.fromkeys(("rho", "low", "high", "p", "surrogate_rho"), np.nan)
        return nothing | {"n": 0, "prompts": 0, "status": why}
    values = values_of(qualities, quality)
    found = association(table, table.of(layer, space, TEXT, measure), values, held, seed)
    beside = association(table, table.of(layer, space, PHASES, measure), values, held, seed, permutations=1)
    numbers = {"rho": found.rho, "low": found.low, "high": found.high, "p": found.p, "surrogate_rho": beside.rho}
    return numbers | {"n": found.n, "prompts": found.prompts, "status": found.status}


def replication_table(table: PathTable, qualities: pd.DataFrame) -> pd.DataFrame:
    """The paper's mixed model at each layer and space: log perplexity by C, Q, P and predictability.

    The paper gives every setting of temperature and top-p an intercept of its own. Four decoders are too few for that:
    here decoders have fixed effects, and prompts the random intercepts. In private planes it is fitted as the paper
    does, though C cannot be compared there.
    """
    frames = [
        _fitted(table, values_of(qualities, LOG_PERPLEXITY), layer, space)
        for layer in table.layers
        for space in SPACES
        if len(table.texts)
    ]
    columns = list(REPLICATION.columns)
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _fitted(table: PathTable, outcome: np.ndarray, layer: int, space: str) -> pd.DataFrame:
    predictors = pd.DataFrame({measure: table.of(layer, space, TEXT, measure) for measure in ASSOCIATED})
    nothing = pd.DataFrame({"measure": ASSOCIATED}).assign(layer=layer, space=space)
    nothing = nothing.assign(**dict.fromkeys(("coefficient", "low", "high", "p", "group_variance"), np.nan))
    try:
        fit = mixed_model(outcome, predictors, table.prompts, table.texts["condition"].to_numpy())
    except MissingPackageError:
        return nothing.assign(n=0, groups=0, status="not_installed")
    terms = fit.terms.rename(columns={"term": "measure"})
    facts = {"group_variance": fit.group_variance, "n": fit.n, "groups": fit.groups, "status": fit.status}
    return terms.assign(layer=layer, space=space, **facts)
