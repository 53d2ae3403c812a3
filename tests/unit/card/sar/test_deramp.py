"""Deramping against point targets whose focused TOPS response is written down analytically."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.card.sar.deramp import deramp
from dias_cbm.card.sar.resample import BEFORE, WEIGHTS
from dias_cbm_lab.level1.point_targets import (
    AZIMUTH_BAND,
    INTERVAL,
    LINE,
    LINES,
    PLACES,
    SAMPLE,
    engine_ramp,
    no_ramp,
    off,
    targets,
)


@pytest.mark.parametrize("place", PLACES)
def test_a_target_moves_to_where_it_would_be_focused(place: tuple[float, float]) -> None:
    amplitude, phase = off(place, engine_ramp())
    assert amplitude < 0.03
    assert phase < 0.005


@pytest.mark.parametrize("place", [PLACES[0], PLACES[-1]])
def test_without_deramping_a_target_away_from_mid_burst_is_spoilt(
    place: tuple[float, float],
) -> None:
    assert off(place, no_ramp())[0] > 0.3


@pytest.mark.parametrize("line", [60, 420, 750, 1111, 1440])
def test_spectra_lie_around_zero(line: int) -> None:
    image = targets(LINE, SAMPLE, [(float(line), 80.0)]).astype(np.complex64)[None]
    deramp(image, engine_ramp(), 0)
    power = np.abs(np.fft.fft(image[0, :, 80])) ** 2
    frequency = np.fft.fftfreq(LINES, INTERVAL)
    assert abs((power * frequency).sum() / power.sum()) < 3
    assert power[np.abs(frequency) < AZIMUTH_BAND / 2].sum() > 0.97 * power.sum()


def test_lines_are_deramped_alike_in_any_block() -> None:
    image = targets(LINE, SAMPLE, PLACES).astype(np.complex64)[None]
    whole = image.copy()
    deramp(whole, engine_ramp(), 0)
    for first in range(0, LINES, 400):
        block = image[:, first : first + 400].copy()
        deramp(block, engine_ramp(), first)
        assert (block == whole[:, first : first + 400]).all()


def test_taps_reach_to_both_sides() -> None:
    assert BEFORE == 3
    assert np.allclose(WEIGHTS.sum(axis=2), 1, atol=1e-6)
    assert WEIGHTS[:, 0, BEFORE] == pytest.approx([1, 1])
    assert WEIGHTS[:, -1, BEFORE + 1] == pytest.approx([1, 1])
