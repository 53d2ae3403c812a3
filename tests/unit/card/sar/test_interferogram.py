"""The interferogram of many pixels at a time, against each pixel worked out by its formula."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.coregistration import Registration
from dias_cbm.card.sar.deramp import Ramp
from dias_cbm.card.sar.interferogram import Interferogram, Stripe, StripePair, interfere
from dias_cbm.card.sar.resample import BEFORE, STEPS, TAPS, WEIGHTS
from dias_cbm.card.sar.resampled_line import CHUNK
from dias_cbm.card.sar.unit_vectors import unit_vector

#: More samples than are worked on at a time, and secondary lines from the fifth on.
LINES, SAMPLES, FIRST = 5, 1300, 5
FREQUENCY = 5.405e9


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(8)


def noise(rng: np.random.Generator, lines: int) -> np.ndarray:
    parts = rng.standard_normal((2, lines, SAMPLES, 2)).astype(np.float32)
    return parts.view(np.complex64)[..., 0]


def registration() -> Registration:
    """Lines change along the line, samples with the height: runs end here and there."""
    coefficients = np.zeros((3, 4, 6, 4))
    # In units of 10 lines, 1000 samples, 100 m.
    coefficients[0, 0, 0, 0], coefficients[0, 1, 0, 0], coefficients[0, 0, 1, 0] = 4.3, 10, 0.02
    coefficients[1, 0, 0, 0], coefficients[1, 0, 1, 0], coefficients[1, 0, 0, 1] = 3.6, 1001, 0.4
    coefficients[2, 0, 0, 0], coefficients[2, 0, 0, 1] = -66.0, 0.7
    return Registration(coefficients, np.array([[0.0, 10], [0, 1000], [0, 100]]))


def ramp() -> Ramp:
    sample = np.arange(SAMPLES)
    terms = np.stack([0.3 + 1e-3 * sample, 40 - 1e-2 * sample, 5000 + 0.1 * sample], axis=-1)
    return Ramp(terms, 2e-3, 40)


def pair(rng: np.random.Generator) -> tuple[Stripe, Stripe, np.ndarray]:
    heights = (50 * np.sin(np.arange(SAMPLES) / 90) + np.zeros((LINES, 1))).astype(np.float32)
    heights[2, 600:603] = np.nan
    valid = np.tile(np.array([4, SAMPLES - 2], np.int32), (LINES, 1))
    valid[1] = 0
    secondary = np.tile(np.array([20, SAMPLES - 30], np.int32), (LINES + TAPS, 1))
    one = Stripe(6, noise(rng, LINES), valid)
    return one, Stripe(FIRST, noise(rng, LINES + TAPS), secondary), heights


def interpolated(image: np.ndarray, line: float, sample: float) -> complex:
    """The value at one place between pixels."""
    i, j = int(line), int(sample)
    down, across = (
        WEIGHTS[k, int(part * STEPS + 0.5)] for k, part in ((0, line - i), (1, sample - j))
    )
    top, left = i - BEFORE, j - BEFORE
    return complex(down @ image[top : top + TAPS, left : left + TAPS] @ across)


def test_every_pixel_is_what_the_formulas_say(rng: np.random.Generator) -> None:
    one, other, heights = pair(rng)
    found = StripePair(one, other, heights, registration(), ramp(), FREQUENCY).interferogram()
    inside = 0
    for i in range(LINES):
        at = registration().at(
            np.full(SAMPLES, 6.0 + i), np.arange(SAMPLES, dtype=float), heights[i].astype(float)
        )
        turns = 4 * np.pi * FREQUENCY / SPEED_OF_LIGHT * at[2] - ramp().phase(at[0], at[1])
        for j in range(SAMPLES):
            line, sample = at[0, j] - FIRST, at[1, j]
            valid = one.valid[i, 0] <= j < one.valid[i, 1] and np.isfinite(sample)
            valid = valid and BEFORE <= line < LINES + TAPS - TAPS // 2
            valid = valid and 20 <= int(sample) - BEFORE <= SAMPLES - 30 - TAPS
            assert found.valid[i, j] == valid
            if not valid:
                assert not found.cross[:, i, j].any() and not found.power[:, :, i, j].any()
                continue
            inside += 1
            if j % 3:
                continue
            for layer in range(2):
                a = complex(one.pixels[layer, i, j])
                b = interpolated(other.pixels[layer], line, sample)
                expected = a * np.conj(b) * np.exp(-1j * turns[j])
                assert found.cross[layer, i, j] == pytest.approx(expected, abs=2e-5)
                powers = abs(a) ** 2, abs(b) ** 2
                assert found.power[:, layer, i, j] == pytest.approx(powers, abs=2e-5)
    assert inside > 3000


def test_parts_of_the_samples_are_parts_of_the_whole(rng: np.random.Generator) -> None:
    one, other, heights = pair(rng)
    stripes = StripePair(one, other, heights, registration(), ramp(), FREQUENCY)
    whole, part = stripes.interferogram(), Interferogram.empty((2, LINES, 9 + 2 * CHUNK))
    for begin in range(0, SAMPLES, 2 * CHUNK):
        end = min(begin + 2 * CHUNK, SAMPLES)
        cross = part.cross.view(np.float32)
        interfere(stripes.inputs, (begin, end), 9, cross, part.power, part.valid)
        for expected, found in zip(whole, part, strict=True):
            assert (found[..., 9 : 9 + end - begin] == expected[..., begin:end]).all()
            if begin:
                assert (found[..., :9] == expected[..., begin - 9 : begin]).all()


def test_memory_that_is_used_again_leaves_nothing_of_before(rng: np.random.Generator) -> None:
    one, other, heights = pair(rng)
    fresh = StripePair(one, other, heights, registration(), ramp(), FREQUENCY).interferogram()
    buffers = Buffers()
    dirty = Interferogram.empty(one.pixels.shape, buffers)
    for array in dirty:
        array[:] = 1
    again = StripePair(one, other, heights, registration(), ramp(), FREQUENCY).interferogram(
        buffers
    )
    assert again.cross.base is dirty.cross.base
    for before, after in zip(fresh, again, strict=True):
        assert (before == after).all()


@njit
def turned(turns: np.ndarray, found: np.ndarray) -> None:
    for k in range(turns.size):
        found[0, k], found[1, k] = unit_vector(turns[k])


def test_unit_vectors_of_any_phase() -> None:
    turns = np.concatenate([np.linspace(-2, 2, 4001), [1e5 + 0.125, -1e5 - 0.5, 0.25]])
    found = np.empty((2, turns.size))
    turned(turns, found)
    expected = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)
    assert found == pytest.approx(np.stack(expected), abs=1e-6)
