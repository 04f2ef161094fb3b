"""Any estimator of scikit-dimension by name, behind the same guard and with the same answer as this package's own.

Knows nothing about what those estimators compute, and corrects nothing in them.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.door import names_itself
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.status import ESTIMATOR_FAILED, OK

PREFIX = "skdim:"


@names_itself
def skdim_dimension(points: torch.Tensor | np.ndarray | Cloud, name: str, **options: object) -> Estimate:
    """The dimension by an estimator of scikit-dimension, on the distinct points of each cloud.

    Args:
        points: [..., N, D] or a Cloud.
        name: the class, "DANCo" or "skdim:DANCo".
        options: parameters of the class.

    Returns:
        `Estimate` without a standard error; "estimator_failed" where the library raised or answered with no number.

    Raises:
        MeasureError: no such estimator, or no such parameter.

    >>> skdim_dimension(np.random.default_rng(0).normal(size=(100, 3)), "skdim:MOM").status
    'ok'
    """
    import skdim  # takes a second to import, and most callers never need it

    known = sorted(each for each in dir(skdim.id) if isinstance(getattr(skdim.id, each), type))
    bare = name.removeprefix(PREFIX)
    if bare not in known:
        raise MeasureError(
            f'no estimator "{name}" in scikit-dimension; there are: {", ".join(PREFIX + k for k in known)}.'
        )
    try:
        estimator = getattr(skdim.id, bare)(**options)
    except TypeError as error:
        raise MeasureError(f"{PREFIX}{bare} does not take these options: {error}.") from error
    cloud = as_cloud(points)
    status, value = cloud.flat_status.copy(), np.full(len(cloud.flat_status), np.nan)
    for b in np.flatnonzero(status == OK):
        distinct = cloud.flat_points[b][cloud.flat_unique[b]].cpu().numpy()
        value[b] = _fit(estimator, distinct)
        if not np.isfinite(value[b]):
            status[b] = ESTIMATOR_FAILED
    return cloud.estimate(value, status=status)


def _fit(estimator: object, points: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of its own divisions by zero on every call
        try:
            return float(estimator.fit(points).dimension_)
        except (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError):
            return float("nan")
