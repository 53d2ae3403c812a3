"""Coherence of signals with known coherence, against Touzi's expectation and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.card.sar.boxcar import WHOLE, BoxcarWindow, clear_sides, coherence_of_windows
from dias_cbm.card.sar.interferogram import Interferogram
from dias_cbm_lab.evidence.coherence_study import touzi

SHAPE = (200, 400)


def noise(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(SHAPE) + 1j * rng.standard_normal(SHAPE)


def pair_of(one: np.ndarray, other: np.ndarray, valid: np.ndarray | None = None) -> Interferogram:
    there = np.ones(one.shape, bool) if valid is None else valid
    cross = np.where(there, one * other.conj(), 0).astype(np.complex64)[None]
    power = np.stack([np.abs(one) ** 2, np.abs(other) ** 2]).astype(np.float32)[:, None]
    return Interferogram(cross, np.where(there, power, 0).astype(np.float32), there)


def coherence(pair: Interferogram, window: BoxcarWindow) -> np.ndarray:
    layers, lines, samples = pair.cross.shape
    result = np.zeros((layers, lines - window.azimuth + 1, samples), np.float32)
    fill(pair, window, result)
    return result


def fill(
    pair: Interferogram,
    window: BoxcarWindow,
    result: np.ndarray,
    columns: tuple[int, int] = (0, SHAPE[1]),
) -> None:
    """Coherence of the windows that begin at some columns."""
    windows = columns[0], min(columns[1], pair.valid.shape[1] - window.range + 1)
    scale = (1.0, float(WHOLE)) if result.dtype == np.uint16 else (0.0, 1.0)
    cross, size = pair.cross.view(np.float32), (window.range, window.azimuth)
    coherence_of_windows(cross, pair.power, pair.valid, size, windows, result, 0, 0, scale)


@pytest.mark.parametrize("true", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("window", [BoxcarWindow(), BoxcarWindow(range=5, azimuth=5)])
def test_the_mean_is_what_touzi_expects(true: float, window: BoxcarWindow) -> None:
    rng = np.random.default_rng(4)
    one = noise(rng)
    found = coherence(pair_of(one, true * one + np.sqrt(1 - true**2) * noise(rng)), window)
    looks = window.range * window.azimuth
    assert found[found > 0].mean() == pytest.approx(touzi(true, looks), abs=0.012)


def test_touzi_of_no_coherence_is_known_in_closed_form() -> None:
    # Gamma(L) Gamma(3/2) / Gamma(L + 1/2); for L = 1 that is 1, and for L = 2 it is 2/3.
    assert touzi(0.0, 1) == pytest.approx(1)
    assert touzi(0.0, 2) == pytest.approx(2 / 3)
    assert touzi(0.5, 5000) == pytest.approx(0.5, abs=1e-3)


def test_a_window_worked_by_hand() -> None:
    one = np.array([[1, 2j, 3], [1, 1, -1]])
    other = np.array([[1, 2, 3j], [1, 1j, 1]])
    found = coherence(pair_of(one, other), BoxcarWindow(range=2, azimuth=2))
    cross = [1 + 4j + 1 - 1j, 4j + 3 * -3j - 1j - 1]
    powers = [(1 + 4 + 1 + 1) ** 2, (4 + 9 + 1 + 1) ** 2]
    expected = [abs(c) / np.sqrt(p) for c, p in zip(cross, powers, strict=True)]
    assert found.shape == (1, 1, 3)
    assert found[0, 0] == pytest.approx([0, *expected])


def test_windows_that_are_not_all_valid_give_nothing() -> None:
    rng = np.random.default_rng(5)
    one = noise(rng)
    valid = np.ones(SHAPE, bool)
    valid[100, 200] = False
    found = coherence(pair_of(one, one, valid), BoxcarWindow(range=10, azimuth=3))[0]
    rows, columns = np.nonzero(found == 0)
    # Result line i is of the interferogram's lines i to i + 2.
    inner = (columns >= 5) & (columns <= SHAPE[1] - 5)
    assert set(rows[inner]) == {98, 99, 100}
    assert (columns[inner].min(), columns[inner].max()) == (196, 205)
    assert (found[:, :5] == 0).all() and (found[:, -4:] == 0).all()
    assert found[found > 0] == pytest.approx(1)


def test_nothing_recorded_is_no_coherence() -> None:
    nothing = np.zeros(SHAPE, complex)
    assert not coherence(pair_of(nothing, nothing), BoxcarWindow()).any()


def test_even_windows_are_half_a_pixel_before_their_pixel() -> None:
    assert BoxcarWindow(range=10, azimuth=3).before == (1, 5)
    assert BoxcarWindow(range=10, azimuth=3).shift == (0, 0.5)
    assert BoxcarWindow(range=9, azimuth=4).shift == (0.5, 0)


def test_whole_numbers_by_parts_are_the_coherence_rounded() -> None:
    rng, window = np.random.default_rng(6), BoxcarWindow()
    valid = np.ones(SHAPE, bool)
    valid[50, 100:120] = False
    pair = pair_of(noise(rng), np.linspace(0, 1, SHAPE[1]) * noise(rng), valid)
    expected = coherence(pair, window)
    found = np.full(expected.shape, 7, np.uint16)
    clear_sides(window, found)
    for begin in range(0, SHAPE[1], 150):
        fill(pair, window, found, (begin, begin + 150))
    assert ((found > 0) == (expected > 0)).all()
    assert np.abs(found / WHOLE - expected).max() <= 0.51 / WHOLE


def test_the_least_coherence_is_not_no_value() -> None:
    one, other = np.array([[1, 1, 1]]), np.array([[1, -1 + 1e-6, 1]])
    found = np.zeros((1, 1, 3), np.uint16)
    fill(pair_of(one, other), BoxcarWindow(range=2, azimuth=1), found)
    assert found[0, 0].tolist() == [0, 1, 1]
