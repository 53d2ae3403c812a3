"""The one pass over a block finds what the plain functions find, point by point."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from simulated_grd import simulate

from dias_cbm.card.sar.annotation import Annotation, GroundRanges, read_annotation
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geocoding_nodes import Lattice
from dias_cbm.card.sar.geometry import detected_coordinates
from dias_cbm.card.sar.grd_positions import positions
from dias_cbm.card.sar.grid import aligned_grid
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.vertical_datum import VerticalDatum

BLOCK = (5, 3, 190, 170)


def with_many_epochs(one: Annotation) -> Annotation:
    """Polynomials that change within a block, some of them within a cell."""
    ranges = one.ground_ranges
    assert ranges is not None
    times = one.first_line_time + np.array([0.02, 0.0403, 0.09, 0.4])
    which = np.arange(4) % len(ranges.times)
    shifted = ranges.coefficients[which] + np.array([[0.0], [30.0], [-20.0], [10.0]]) * (
        np.arange(ranges.coefficients.shape[1]) == 0
    )
    return replace(one, ground_ranges=GroundRanges(times, ranges.origins[which], shifted))


@pytest.mark.parametrize("epochs", ["one", "many"])
def test_the_same_places_as_point_by_point(tmp_path: Path, epochs: str) -> None:
    scene = simulate(tmp_path, 160, 200, looks=None)
    dem = tmp_path / "holes.tif"
    with rasterio.open(scene.dem) as dataset:
        heights, profile = dataset.read(1), dataset.profile
    middle = heights.shape[0] // 2, heights.shape[1] // 2
    heights[middle[0] : middle[0] + 9, middle[1] : middle[1] + 9] = -32768
    with rasterio.open(dem, "w", **profile) as dataset:
        dataset.write(heights, 1)
    annotation = read_annotation(next(scene.safe.glob("annotation/*-vv-*.xml")))
    if epochs == "many":
        annotation = with_many_epochs(annotation)
    points = annotation.grid
    grid = aligned_grid(points.longitude, points.latitude, 10.0, 300.0)
    with Dem(dem, VerticalDatum.ELLIPSOID) as terrain:
        lattice = Lattice(grid, orbit_of(annotation), terrain)
        nodes = lattice.nodes(*BLOCK)
        plain = lattice.locate(*BLOCK, nodes)
        found = positions(lattice, annotation, *BLOCK[:2], nodes)
    line, sample = detected_coordinates(annotation, plain.time, plain.slant_range)
    inside = (line >= 0) & (line <= annotation.lines - 1)
    inside &= (sample >= 0) & (sample <= annotation.samples - 1)
    piece = found.piece(0, BLOCK[2], BLOCK[3])
    assert inside.sum() > 5_000
    np.testing.assert_allclose(piece.line[inside], line[inside], atol=1e-7)
    np.testing.assert_allclose(piece.sample[inside], sample[inside], atol=1e-7)
    lower = found.piece(50, 7, BLOCK[3])
    np.testing.assert_array_equal(lower.sample, piece.sample[50:57])
    assert (piece.missing > 0).sum() > 50
    np.testing.assert_array_equal(piece.missing > 0, plain.missing > 0)
    assert found.window is not None
    top, left, height, width = found.window
    assert top <= line[inside].min() and line[inside].max() <= top + height - 1
    assert left <= sample[inside].min() and sample[inside].max() <= left + width - 1
