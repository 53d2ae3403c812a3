"""Homogeneity: worked by hand, and on Danish parcels with planted pairs of neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marker_series import YEAR, optical, parcels

from dias_cbm.markers.answers import check
from dias_cbm.markers.events import Reason, Status
from dias_cbm.markers.homogeneity import (
    INTERCEPT,
    MIXED,
    WEIGHTS,
    Homogeneity,
    features,
    mixed_probability,
)
from dias_cbm.markers.split import SEPARATED
from dias_cbm_lab.evidence.markers import planted
from dias_cbm_lab.evidence.markers.planted import Units

BANDS = ("B02", "B03", "B04")
STATISTICS = ("std", "mean", "p25", "p50", "p75")


def bands(spread: Any) -> dict[str, Any]:
    """Statistics of three bands of mean 1000; the quartiles are 0.7 std from it."""
    std = np.asarray(spread, float)
    values: dict[str, Any] = {"NDVI": 0.6}
    for band in BANDS:
        values |= {f"{band}_std": std, f"{band}_mean": 1000, f"{band}_p50": 1000}
        values |= {f"{band}_p25": 1000 - 0.7 * std, f"{band}_p75": 1000 + 0.7 * std}
    return values


def test_probability_by_hand() -> None:
    seen = optical([0], **bands(100))
    # 11.585 + (.807 + 1.226 + .889) ln .1 + (.388 + .316 + .329) ln .14 = 2.826
    found = mixed_probability(seen.values)
    assert found is not None
    assert found.tolist() == [[pytest.approx(1 / (1 + np.exp(-2.8258)), abs=1e-3)]]
    assert mixed_probability({}) is None


def test_one_crop_and_two() -> None:
    days = [0, 10, 20, 30]
    seen = optical(days, **bands([[20, 20, 120, 20], [20, 120, 120, 120]]))
    states, events = Homogeneity().run(parcels(seen), YEAR, {})
    check(Homogeneity(), 2, states, events)
    assert states.status.tolist() == [Status.OK, Status.NOT_VALID]
    assert states.reason.tolist() == [Reason.NONE, Reason.HETEROGENEOUS]
    assert states.confidence.min() > 0.9
    assert states.values["mixed"][0] < 0.1 < 0.9 < states.values["mixed"][1]


def test_uniform_and_dark_parcels() -> None:
    zero = np.zeros((1, 1), np.float32)
    assert [float(one[0, 0]) for one in features(zero, zero + 1, zero, zero + 1, zero)] == (
        pytest.approx([np.log(1e-3)] * 2)
    )
    assert all(np.isnan(one).all() for one in features(zero, zero, zero, zero, zero))


def test_why_not() -> None:
    def reason(**options: Any) -> Reason:
        clear = options.pop("clear", 1)
        seen = optical([0, 10, 20], clear, options.pop("snow", 0), **(options or bands(20)))
        states, events = Homogeneity().run(parcels(seen), YEAR, {})
        check(Homogeneity(), 1, states, events)
        return Reason(int(states.reason[0]))

    assert reason() == Reason.NONE
    assert reason(clear=[1, 0, 1]) == Reason.FEW_CLEAR
    assert reason(snow=[0, 0.5, 0]) == Reason.FEW_CLEAR
    assert reason(NDVI=0.6) == Reason.NO_STATISTICS
    small = optical([0, 10, 20], **bands(20))
    small.pixels[:] = 39
    states, _ = Homogeneity().run(parcels(small), YEAR, {})
    assert states.reason.tolist() == [Reason.TOO_SMALL]


@pytest.fixture(scope="module")
def sides(real_data: Path) -> tuple[Units, Units]:
    """Units of the west and of the east of a chip."""
    return planted.sides(real_data / "dk2016", real_data / "markers" / "homogeneity_dk2016")


def logistic(units: Units, ridge: float) -> np.ndarray:
    """Weights of the measures and the intercept, by Newton's method."""
    level, scale = units.measures.mean(axis=0), units.measures.std(axis=0)
    design = np.column_stack([np.ones(len(units.mixed)), (units.measures - level) / scale])
    penalty = np.diag([0.0] + [ridge] * units.measures.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-design @ weights))
        curve = (design.T * (likely * (1 - likely))) @ design + penalty
        slope = design.T @ (units.mixed - likely) - penalty @ weights
        weights += np.linalg.solve(curve, slope)
    plain = weights[1:] / scale
    return np.append(plain, weights[0] - plain @ level)


@pytest.mark.real_data
def test_the_limit_of_a_split_is_that_of_parcels_of_one_crop(sides: tuple[Units, Units]) -> None:
    west, _ = sides
    assert (west.separation[~west.mixed] > SEPARATED).mean() == pytest.approx(0.027, abs=0.001)


@pytest.mark.real_data
def test_planted_pairs_of_real_parcels(sides: tuple[Units, Units]) -> None:
    west, east = sides
    stored = np.array([weight for pair in WEIGHTS.values() for weight in pair] + [INTERCEPT])
    assert logistic(west, 1) == pytest.approx(stored, abs=2e-3)
    assert (len(east.mixed), east.mixed.sum()) == (218, 107)
    score = east.measures @ stored[:-1] + stored[-1]
    single, mixed = score[~east.mixed], score[east.mixed]
    assert (mixed[:, None] > single).mean() >= 0.95  # area under the curve
    assert (mixed > np.quantile(single, 0.95)).mean() >= 0.84
    threshold = np.log(MIXED / (1 - MIXED))
    assert (single > threshold).mean() <= 0.05
    assert (mixed > threshold).mean() >= 0.8
