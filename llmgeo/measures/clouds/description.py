"""How a cloud shows itself: its shape, its kind, its statuses, what estimators have left in it. Computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmgeo.measures.door import states_in
from llmgeo.measures.estimate import statuses

if TYPE_CHECKING:
    from llmgeo.measures.clouds.cloud import Cloud


def describe(cloud: Cloud) -> str:
    """
    >>> import numpy as np
    >>> from llmgeo.measures import Cloud, two_nn
    >>> cloud = Cloud(np.random.default_rng(0).normal(size=(31, 128, 64)))
    >>> _ = two_nn(cloud)
    >>> cloud
    Cloud([31, 128, 64], float64 on cpu; 31 ok; kept: points, inner products, 64 neighbours)
    """
    shape = [*cloud.batch_shape, cloud.n, cloud.dimension]
    kept = ", ".join(_kept(cloud)) or "nothing"
    return f"Cloud({shape}, {_kind(cloud)}; {statuses(cloud.flat_status)}; kept: {kept})"


def _kind(cloud: Cloud) -> str:
    """Number format and device of what the caller gave."""
    given = states_in(cloud.source)
    dtype = str(getattr(given, "dtype", "float64")).removeprefix("torch.")
    return f"{dtype} on {getattr(given, 'device', 'cpu')}"


def _kept(cloud: Cloud) -> list[str]:
    """What the next estimator need not compute again."""
    held = vars(cloud)
    kept = {
        "points": "flat_points" in held,
        "inner products": held.get("flat_gram") is not None,
        f"{cloud.found_neighbours} neighbours": cloud.found_neighbours > 0,
        "simplices": bool(cloud.simplices),
        "scale curve": bool(cloud.scale_curves),
    }
    return [what for what, is_kept in kept.items() if is_kept]
