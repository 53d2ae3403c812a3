"""Between a burst and the map: heights are drawn, and values are laid."""

from __future__ import annotations

from threading import Lock

import numpy as np
import pytest

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.boxcar import WHOLE
from dias_cbm.card.sar.deburst import Part
from dias_cbm.card.sar.dem import interpolate
from dias_cbm.card.sar.geocode import _Band, _draw, _lay
from dias_cbm.card.sar.geocoding_nodes import Located

#: Times are lines, and slant ranges samples of this length in m.
SCALES, SAMPLE = (0.0, 1.0, 0.0, 1.0), SPEED_OF_LIGHT / 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2), (9, 8)])
def test_a_burst_gives_its_part_alone(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(1, WHOLE + 1, (2, *shape)).astype(np.uint16)
    values[rng.random(values.shape) < 0.1] = 0
    line, sample = (rng.uniform(-1, size + 1, (40, 41)) for size in shape)
    line[3, 3] = sample[4, 4] = np.nan
    part = Part(0.1, 0.6 * shape[0], 0.1 * SAMPLE, 0.6 * shape[1] * SAMPLE)
    shift, found = (0.25, 0.5), np.full((2, 40, 41), -1, np.float32)
    _lay(line, sample * SAMPLE, SCALES, part, shift, values, found)
    given = (line >= part.start) & (line < part.stop)
    given &= (sample >= part.near / SAMPLE) & (sample < part.far / SAMPLE)
    known = np.where(values > 0, values, np.nan).astype(np.float32)
    expected = [interpolate(one, line + shift[0], sample + shift[1]) / WHOLE for one in known]
    there = given & np.isfinite(expected)
    np.testing.assert_allclose(found, np.where(there, expected, -1), rtol=1e-5)
    assert there.any() == (min(shape) > 1)


def test_bands_meet_without_a_seam() -> None:
    rng = np.random.default_rng(2)
    rows, columns = np.mgrid[:30, :32]
    line = 0.9 * rows + 0.2 * columns + rng.uniform(-0.4, 0.4, rows.shape)
    sample = columns - 0.1 * rows + rng.uniform(-0.4, 0.4, rows.shape)
    above = rng.normal(100, 50, rows.shape)
    above[7, 9] = np.nan
    # Blocks share their edges.
    blocks = [
        Located(
            *(one[at : at + 4] for one in (line, sample * SAMPLE, above)),
            np.zeros((4, 32), np.uint8),
        )
        for at in range(0, 27, 3)
    ]
    drawn = []
    for lines in (1, 5, 28):
        heights = np.full((28, 25), np.nan, np.float32)
        bands = [_Band(at, heights[at : at + lines], Lock()) for at in range(0, 28, lines)]
        for block in blocks:
            _draw(bands, block, SCALES, Buffers())
        assert not any(band.drawing.locked() for band in bands)
        drawn.append(heights)
    assert np.isfinite(drawn[0]).sum() > 400
    for other in drawn[1:]:
        np.testing.assert_array_equal(other, drawn[0])
