"""Whether a series is multifractal: what has a fat tail alone is not; what cannot be asked is refused in words."""

import numpy as np
import pytest

from llmgeo.errors import MeasureError
from llmgeo.statistics import multifractal, multifractality
from llmgeo.statistics.multifractality import WHY_NOT, cascade


def test_a_fat_tail_is_multifractal_beside_random_phases_and_not_beside_iaaft():
    values = np.random.default_rng(3).standard_t(2.5, size=1024)
    found = multifractal(values, surrogates=39, cascades=0)
    assert found.p["phase"] < 0.05
    assert found.p["iaaft"] > 0.05
    assert found.is_multifractal is False
    assert len(found.surrogates["shuffle"]) == 39


def test_a_clustered_series_is_found():
    """Noise whose size is a cascade: its signs are random, so that no spectrum knows of it."""
    random = np.random.default_rng(0)
    values = cascade(4096, random, 0.25) ** 0.5 * random.normal(size=4096)
    found = multifractal(values, surrogates=39, cascades=0)
    assert found.is_multifractal is True
    assert found.p["iaaft"] == 1 / 40
    assert found.width > 1.2 * np.median(found.surrogates["iaaft"])


def test_power_is_counted_on_cascades_of_the_same_length(monkeypatch):
    """As many surrogates each as the series has; a test that says yes to everything finds all of them."""
    values = np.random.default_rng(0).normal(size=300)
    drawn = []
    monkeypatch.setattr(multifractality, "_p", lambda width, widths: drawn.append(len(widths)) or 0.01)
    assert multifractal(values, surrogates=41, cascades=2).power == 1
    assert drawn == [41] * 5  # three kinds of the series, and two cascades


def test_power_of_a_path_is_counted_on_paths(monkeypatch):
    """A path of a cascade's steps, less their mean: its own steps are above -1."""
    seen = []

    def widths(values, draw, count, generator, order, is_path):
        seen.append((values, is_path))
        return np.zeros(count)

    monkeypatch.setattr(multifractality, "_widths", widths)
    multifractal(np.random.default_rng(0).normal(size=512).cumsum(), of="path", surrogates=40, cascades=1)
    assert [is_path for _, is_path in seen] == [True] * 4  # three kinds of the path, and a cascade
    assert np.diff(seen[-1][0]).min() > -1


@pytest.mark.parametrize(
    ("values", "of", "status"),
    [
        (np.cos(np.linspace(0, 3, 512)), "loss_slice", "smooth_slice"),
        (np.ones(512), "increments", "constant"),
        (np.arange(9.0), "increments", "too_few_points"),
        (np.r_[np.nan, np.random.default_rng(0).normal(size=400)], "increments", "undefined"),
        (np.r_[np.zeros(64), np.random.default_rng(0).normal(size=900)], "increments", "flat_run"),
    ],
)
def test_what_cannot_be_asked_has_a_reason(values, of, status):
    found = multifractal(values, of=of, surrogates=39)
    assert (found.status, found.is_multifractal, found.reason) == (status, None, WHY_NOT[status])


def test_steps_and_their_path_are_read_alike():
    steps = np.random.default_rng(0).standard_t(4, size=600)
    read = [multifractal(values, of=of, surrogates=39, cascades=0)
            for values, of in ((steps, "increments"), (steps.cumsum(), "path"))]  # fmt: skip
    assert read[0].hurst == pytest.approx(read[1].hurst, abs=0.05)


@pytest.mark.parametrize("options", [{"of": "landscape"}, {"surrogates": 19}, {"order": -1}, {"order": 9}])
def test_mistakes_are_named(options):
    with pytest.raises(MeasureError):
        multifractal(np.random.default_rng(0).normal(size=300), **options)
