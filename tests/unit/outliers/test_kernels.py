from itertools import combinations

import numpy as np
import pytest

from dias_cbm.outliers.kernels import (
    QUARTERS,
    KernelNetwork,
    KernelRows,
    Kernels,
    convolve,
    train_out_of_fold,
)
from dias_cbm.outliers.network import Recipe, moments

QUICK = Recipe(epochs=4, rate=3e-3, dropout=0.2, noise=0.1, hidden=24, batch=32)


def _windows(parcels: int = 40, series: int = 3, length: int = 22, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (parcels, series, length)).astype(np.float32)


def _plain(series: np.ndarray, taps: np.ndarray, dilation: int) -> np.ndarray:
    """The same convolution by numpy."""
    weights = np.full(9, -1.0)
    weights[taps] = 2
    spread = np.zeros(8 * dilation + 1)
    spread[::dilation] = weights
    padded = np.pad(series.astype(float), 4 * dilation)
    return np.correlate(padded, spread, mode="valid")


def _seasons() -> tuple[np.ndarray, np.ndarray]:
    """Two crops that differ by when one series peaks; with gaps."""
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 2, 400)
    window = np.arange(24)
    peak = np.exp(-((window - np.where(labels, 9, 15)[:, None]) ** 2) / 8)
    windows = generator.normal(0, 0.4, (400, 2, 24))
    windows[:, 0] += 2 * peak
    windows[generator.random(windows.shape) < 0.2] = np.nan
    return windows.astype(np.float32), labels


def test_kernels_are_a_plain_convolution() -> None:
    windows = _windows()
    kernels = Kernels.draw(windows, seed=1)
    assert kernels.chosen.shape == (3, 84, 3)
    outputs = convolve(windows, kernels.taps, kernels.dilations, kernels.chosen)
    for level, dilation in enumerate(kernels.dilations.tolist()):
        for kernel in range(0, 84, 5):
            for parcel in (0, 17):
                total = windows[parcel, kernels.chosen[level, kernel]].sum(axis=0)
                expected = _plain(total, kernels.taps[kernel], dilation)
                assert np.allclose(outputs[level, kernel, parcel], expected, atol=1e-5)


def test_counts_are_of_windows_above_the_threshold_in_each_quarter() -> None:
    windows = _windows(length=22)
    kernels = Kernels.draw(windows, seed=1)
    outputs = convolve(windows, kernels.taps, kernels.dilations, kernels.chosen)
    above = outputs[:, :, :, None, :] > kernels.threshold[:, :, None, :, None]
    quarters = [above[..., start:stop] for start, stop in ((0, 5), (5, 11), (11, 16), (16, 22))]
    expected = np.stack([one.sum(axis=-1) for one in quarters], axis=-1)
    counts = kernels.counts(windows)
    assert counts.dtype == np.uint8
    assert np.array_equal(counts, np.moveaxis(expected, 2, 0).reshape(len(windows), -1))


def test_all_kernels_are_there_and_thresholds_split_the_outputs() -> None:
    kernels = Kernels.draw(_windows(parcels=900, length=44), seed=0)
    assert kernels.taps.tolist() == [list(one) for one in combinations(range(9), 3)]
    assert kernels.chosen.any(axis=2).all()
    assert not kernels.chosen.all()
    counts = kernels.counts(_windows(parcels=900, length=44)).reshape(900, -1, 2, QUARTERS)
    share = counts.sum(axis=3).mean(axis=(0, 1)) / 44
    assert share == pytest.approx([0.71, 0.29], abs=0.02)


@pytest.mark.parametrize(
    ("length", "dilations"), [(1, [1]), (5, [1]), (9, [1, 2]), (73, [1, 2, 4])]
)
def test_a_short_season_has_fewer_dilations(length: int, dilations: list[int]) -> None:
    windows = _windows(parcels=6, series=1, length=length)
    kernels = Kernels.draw(windows, seed=0)
    assert kernels.dilations.tolist() == dilations
    assert kernels.counts(windows).max() <= -(-length // QUARTERS)


def test_counts_never_overflow_a_byte() -> None:
    with pytest.raises(ValueError, match="1021 windows"):
        Kernels.draw(_windows(parcels=2, series=1, length=1021), 0).counts(
            _windows(parcels=2, series=1, length=1021)
        )


def test_rows_are_windows_then_blocks_then_counts_at_half_weight() -> None:
    windows = _windows(parcels=300, series=2, length=12)
    counts = np.random.default_rng(0).integers(0, 4, (300, 6)).astype(np.uint8)
    starts = ((0, 5), (5, 10), (10, 12))
    blocks = np.stack([windows[:, :, a:b].mean(axis=2) for a, b in starts], axis=2).reshape(300, 6)
    rows = KernelRows(windows, counts, moments(blocks), moments(counts))
    assert rows.shape == (300, 24 + 6 + 6)
    values = rows[np.arange(300)]
    assert np.array_equal(values[:, :24], windows.reshape(300, 24))
    assert np.allclose(values[:, 24:30], (blocks - blocks.mean(0)) / blocks.std(0), atol=1e-4)
    assert np.allclose(values[:, 30:], 0.5 * (counts - counts.mean(0)) / counts.std(0), atol=1e-4)
    assert np.array_equal(rows[np.array([7, 3])], values[[7, 3]])


def test_every_row_is_predicted_by_a_network_that_did_not_see_its_label() -> None:
    windows, labels = _seasons()
    fold = np.arange(400) % 4
    other = np.where(fold == 2, 1 - labels, labels)
    here = train_out_of_fold(windows, labels, 2, fold, seed=0, recipe=QUICK)
    there = train_out_of_fold(windows, other, 2, fold, seed=0, recipe=QUICK)
    assert np.array_equal(here.probability[fold == 2], there.probability[fold == 2])
    assert not np.array_equal(here.probability[fold == 1], there.probability[fold == 1])
    assert (here.probability.argmax(1) == labels).mean() > 0.95


def test_a_stored_network_predicts_new_parcels_as_the_first_did() -> None:
    windows, labels = _seasons()
    fold = np.arange(400) % 2
    trained = train_out_of_fold(windows, labels, 2, fold, seed=0, recipe=QUICK)
    stored = KernelNetwork.from_bytes(trained.network.to_bytes())
    for number in range(2):
        members = np.flatnonzero(fold == number)[:30]
        predicted = trained.network.predict(windows[members], number)
        assert np.allclose(predicted, trained.probability[members], atol=1e-4)
        assert np.allclose(stored.predict(windows[members], number), predicted, atol=0.02)


def test_rows_without_a_label_are_predicted_and_not_learnt() -> None:
    windows, labels = _seasons()
    fold = np.arange(400) % 2
    labels[:100] = -1
    other = windows.copy()
    trained = train_out_of_fold(windows, labels, 2, fold, seed=0, recipe=QUICK)
    assert np.isfinite(trained.probability).all()
    assert np.array_equal(windows, other, equal_nan=True)
