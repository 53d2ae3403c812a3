"""Registration by orbits and terrain: polynomials, terrain drawn in radar geometry."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.card.sar.coregistration import draw_heights, positions, register, spans_of
from dias_cbm.errors import CardFailed


def nodes() -> np.ndarray:
    axes = np.linspace(0, 1500, 6), np.linspace(0, 22_000, 9), np.linspace(-500, 5500, 5)
    return np.stack([one.ravel() for one in np.meshgrid(*axes, indexing="ij")])


def moved(line: np.ndarray, sample: np.ndarray, height: np.ndarray) -> np.ndarray:
    """What two orbits do, in miniature: shift, convergence, parallax."""
    parallax = 150 * height / (850e3 + 2.3 * sample) / 0.6
    return np.stack(
        [line + 0.43 + 1e-5 * sample, sample - 28 + 3e-5 * line + parallax / 2.3, parallax - 66]
    )


def test_between_its_nodes_a_registration_follows_the_orbits() -> None:
    one = nodes()
    registration = register(one, moved(*one))
    rng = np.random.default_rng(1)
    there = rng.uniform([[0], [0], [-500]], [[1500], [22_000], [5500]], (3, 1000))
    assert registration.at(*there) == pytest.approx(moved(*there), abs=1e-4)


def test_along_a_line_it_says_the_same() -> None:
    registration = register(nodes(), moved(*nodes()))
    heights = np.linspace(0, 900, 400).astype(np.float32)
    heights[7] = np.nan
    found = np.full((3, 400), -1.0)
    positions(registration.coefficients, registration.scaling, 321.0, 3, heights[3:390], found)
    sample = np.arange(3, 390)
    expected = registration.at(np.full(387, 321.0), sample, heights[3:390])
    assert found[:, :387] == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert np.isnan(found[:, 7 - 3]).all()
    assert (found[:, 387:] == -1).all()


def test_orbits_that_are_not_smooth_are_refused() -> None:
    one = nodes()
    other = moved(*one)
    other[2, 100] += 1
    with pytest.raises(CardFailed, match="not smooth"):
        register(one, other)


def test_a_slope_is_drawn_exactly_and_fills_the_burst() -> None:
    row, column = np.mgrid[-2:42, -2:42].astype(float)
    # A grid that is turned against the burst's, some two lines and nine samples a cell.
    line, sample = 2.1 * row + 0.3 * column, 9.2 * column - 1.1 * row
    heights = np.full((60, 250), np.nan, np.float32)
    height, spans = 500 + 0.5 * line - 0.25 * sample, spans_of(line)
    # In two bands, as two threads may draw them.
    draw_heights(line, sample, height, spans, 23, heights[23:])
    draw_heights(line, sample, height, spans, 0, heights[:23])
    i, j = np.mgrid[:60, :250]
    truth = 500 + 0.5 * i - 0.25 * j
    inside = np.isfinite(heights)
    assert inside[20:40, 60:200].all()
    assert heights[inside] == pytest.approx(truth[inside], abs=1e-3)


def test_holes_stay_holes_and_overlaid_slopes_keep_the_highest() -> None:
    row, column = np.mgrid[:20, :20].astype(float)
    height = np.full((20, 20), 100.0)
    height[10, 10] = np.nan
    heights = np.full((39, 39), np.nan, np.float32)

    def draw(height: np.ndarray) -> None:
        draw_heights(2 * row, 2 * column, height, spans_of(2 * row), 0, heights)

    draw(height)
    missing = np.isnan(heights[:38, :38])
    assert missing[20, 20] and missing[19:22, 19:22].sum() >= 5
    assert not missing[:18].any()
    draw(np.full((20, 20), 70.0))
    assert heights[5, 5] == 100 and heights[20, 20] == 70
    draw(np.full((20, 20), 130.0))
    assert heights[5, 5] == 130
