"""Border noise, taken off by SNAP's rule on images that are drawn by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from rasterio.io import DatasetReader, MemoryFile

from dias_cbm.card.sar import border
from dias_cbm.card.sar.border import find_borders
from dias_cbm.card.sar.luts import Noise, RangeVectors

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
#: Power of the thermal noise: amplitudes up to 10 are nothing but noise.
NOISE = Noise(RangeVectors(np.array([0.0]), np.array([0.0]), np.array([[100.0]])), ())


@contextmanager
def image(amplitudes: np.ndarray) -> Iterator[DatasetReader]:
    height, width = amplitudes.shape
    with MemoryFile() as file:
        with file.open(
            driver="GTiff", height=height, width=width, count=1, dtype="uint16"
        ) as written:
            written.write(amplitudes.astype(np.uint16), 1)
        with file.open() as dataset:
            yield dataset


def test_noise_is_taken_off_up_to_the_first_pixel_above_it() -> None:
    amplitudes = np.full((6, 8), 50)
    amplitudes[:, :2] = 7
    amplitudes[0] = 9
    amplitudes[-2:] = 3
    amplitudes[2, -3:] = 1
    with image(amplitudes) as dataset:
        found = find_borders(dataset, NOISE)
        noisy = found.mask(0, 0, 6, 8)
        part = found.mask(2, 1, 2, 5)
    expected = np.zeros((6, 8), bool)
    expected[:, :2] = True
    expected[0] = True
    expected[-2:] = True
    expected[2, -3:] = True
    assert noisy.tolist() == expected.tolist()
    assert part.tolist() == expected[2:4, 1:6].tolist()


def test_darkness_within_the_image_is_not_border_noise() -> None:
    amplitudes = np.full((20, 20), 50)
    amplitudes[8:12, 5:15] = 2
    with image(amplitudes) as dataset:
        assert not find_borders(dataset, NOISE).mask(0, 0, 20, 20).any()


def test_a_power_just_above_the_noise_ends_the_border() -> None:
    # 10^2 - 100 = 0 is noise; 11^2 - 100 = 21 is above the threshold of 0.25.
    with image(np.array([[10, 11, 10]] * 3)) as dataset:
        found = find_borders(dataset, NOISE)
    assert found.left.tolist() == [1, 1, 1]
    assert found.right.tolist() == [1, 1, 1]


def test_it_goes_no_further_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(border, "LIMIT", 4)
    with image(np.full((3, 30), 5)) as dataset:
        found = find_borders(dataset, NOISE)
    assert set(found.left) == set(found.right) == {4}


def test_blocks_of_lines_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    amplitudes = rng.integers(0, 30, (50, 40))
    with image(amplitudes) as dataset:
        whole = find_borders(dataset, NOISE).mask(0, 0, 50, 40)
        monkeypatch.setattr(border, "_ROWS_AT_ONCE", 7)
        assert (find_borders(dataset, NOISE).mask(0, 0, 50, 40) == whole).all()
