"""Calibration and thermal noise of an image: ESA's look-up tables, by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm.card.sar.ordered import in_order
from dias_cbm.errors import CorruptProduct
from dias_cbm.products.readers.raster import parse_xml

Floats = NDArray[np.float64]
Block = NDArray[np.float32]
Check = Callable[[etree._Element, Path], None]

#: Tables of noise in the units of DN squared hold hundreds, while amplitudes are whole numbers.
_LEAST_NOISE = 1.0


@dataclass(frozen=True, slots=True)
class RangeVectors:
    """Values at some samples of some lines; bilinear between, constant beyond the last ones.

    :param lines: (n,) ascending.
    :param samples: (m,) ascending: the samples of all vectors.
    :param values: (n, m).
    """

    lines: Floats
    samples: Floats
    values: Floats

    def block(self, row: int, column: int, height: int, width: int) -> Block:
        """Values of a block of the image, height x width."""
        return _between(*self.at_samples(row, column, height, width), row, height)

    def at_samples(self, row: int, column: int, height: int, width: int) -> tuple[Floats, Floats]:
        """The vectors around a block, at all of its samples: their lines, and vectors x width."""
        first = max(int(np.searchsorted(self.lines, row, "right")) - 1, 0)
        end = int(np.searchsorted(self.lines, row + height, "right")) + 1
        wanted = np.arange(column, column + width)
        at = np.stack([np.interp(wanted, self.samples, one) for one in self.values[first:end]])
        return self.lines[first:end], at


@dataclass(frozen=True, slots=True)
class AzimuthVector:
    """Factor by which the noise of one part of the image changes along azimuth.

    :param rows: its first and last line.
    :param columns: its first and last sample.
    :param lines: (n,) ascending.
    :param values: (n,).
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    lines: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Noise:
    """Thermal noise power, in the units of DN squared.

    :param azimuth: empty before IPF 2.9, which has only noise along range.
    """

    range: RangeVectors
    azimuth: tuple[AzimuthVector, ...]

    @property
    def usable(self) -> bool:
        """Whether the table is in the units of DN squared; before IPF 2.53 it is about 1e-9."""
        return float(self.range.values.max()) >= _LEAST_NOISE

    def block(self, row: int, column: int, height: int, width: int) -> Block:
        """Noise of a block of the image, height x width."""
        noise = self.range.block(row, column, height, width)
        factors, parts = self.along_azimuth(row, column, height, width)
        for factor, (top, bottom, left, right) in zip(factors, parts, strict=True):
            noise[top:bottom, left:right] *= factor[top:bottom, None]
        return noise

    def along_azimuth(
        self, row: int, column: int, height: int, width: int
    ) -> tuple[Block, NDArray[np.int64]]:
        """Factors of a block's rows, and the part of the block that each row of them is for.

        :returns: float32[n, height]; and int64[n, 4], top, bottom, left and right in the block.
        """
        factors, parts = [], []
        for vector in self.azimuth:
            top, bottom = max(vector.rows[0], row), min(vector.rows[1] + 1, row + height)
            left, right = max(vector.columns[0], column), min(vector.columns[1] + 1, column + width)
            if top < bottom and left < right:
                factors.append(np.interp(np.arange(row, row + height), vector.lines, vector.values))
                parts.append((top - row, bottom - row, left - column, right - column))
        return (
            np.array(factors, np.float32).reshape(-1, height),
            np.array(parts, np.int64).reshape(-1, 4),
        )


def read_calibration(
    path: Path | None, quantity: str = "gamma", check: Check = lambda root, path: None
) -> RangeVectors:
    """The table A of a calibration file: the quantity is DN squared over A squared.

    :param quantity: ``gamma``, ``sigmaNought`` or ``betaNought``.
    :param check: called with the document and its path.
    :raises CorruptProduct: it is missing, or holds no table.
    """
    root, path = _root(path, "calibration")
    check(root, path)
    table = _vectors(root, path, "calibrationVectorList/calibrationVector", quantity)
    if not (table.values > 0).all():
        raise CorruptProduct(f"{quantity} is not positive everywhere", subject=path)
    return table


def read_noise(path: Path | None, check: Check = lambda root, path: None) -> Noise:
    """The tables of a noise file, of any version of ESA's processor.

    :param check: called with the document and its path.
    :raises CorruptProduct: it is missing, or holds no table.
    """
    root, path = _root(path, "noise")
    check(root, path)
    if root.find("noiseRangeVectorList") is None and root.find("noiseVectorList") is not None:
        return Noise(_vectors(root, path, "noiseVectorList/noiseVector", "noiseLut"), ())
    vectors = _vectors(root, path, "noiseRangeVectorList/noiseRangeVector", "noiseRangeLut")
    elements = root.findall("noiseAzimuthVectorList/noiseAzimuthVector")
    return Noise(vectors, tuple(_azimuth(element, path) for element in elements))


def _root(path: Path | None, what: str) -> tuple[etree._Element, Path]:
    if path is None or not path.is_file():
        raise CorruptProduct(f"the product has no {what} file", subject=path)
    return parse_xml(path.read_bytes(), path), path


def _vectors(root: etree._Element, path: Path, vector: str, quantity: str) -> RangeVectors:
    elements = root.findall(vector)
    if not elements:
        raise CorruptProduct(f"has no {vector}", subject=path)
    lines, rows = [], []
    for element in elements:
        samples = _numbers(element, "pixel", path)
        values = _numbers(element, quantity, path)
        if len(samples) != len(values) or not (np.diff(samples) > 0).all():
            raise CorruptProduct(f"a {quantity} vector does not fit its pixels", subject=path)
        lines.append(_numbers(element, "line", path)[0])
        rows.append((samples, values))
    every = np.unique(np.concatenate([samples for samples, _ in rows]))
    table = np.array([np.interp(every, samples, values) for samples, values in rows])
    # Two slices measure noise at the same line a little differently; either is as good.
    ordered, table = in_order(np.array(lines), table, np.inf, f"{quantity} vectors", path)
    return RangeVectors(ordered, every, table)


def _azimuth(element: etree._Element, path: Path) -> AzimuthVector:
    # Without bounds it applies to the whole image, as in the EW and SM products of IPF 2.9.
    bounds = [
        int(_numbers(element, name, path)[0]) if element.findtext(name) else missing
        for name, missing in (
            ("firstAzimuthLine", 0),
            ("lastAzimuthLine", 2**31),
            ("firstRangeSample", 0),
            ("lastRangeSample", 2**31),
        )
    ]
    lines = _numbers(element, "line", path)
    values = _numbers(element, "noiseAzimuthLut", path)
    if len(lines) != len(values):
        raise CorruptProduct("a noiseAzimuthLut does not fit its lines", subject=path)
    lines, values = in_order(lines, values, np.inf, "noiseAzimuthLut", path)
    return AzimuthVector((bounds[0], bounds[1]), (bounds[2], bounds[3]), lines, values)


def _numbers(element: etree._Element, name: str, path: Path) -> Floats:
    try:
        numbers = np.array((element.findtext(name) or "").split(), float)
    except ValueError as error:
        raise CorruptProduct(f"{name} cannot be read: {error}", subject=path) from error
    if not len(numbers) or not np.isfinite(numbers).all():
        raise CorruptProduct(f"{name} is empty or holds values that are not numbers", subject=path)
    return numbers


@numba.njit(cache=True, nogil=True)
def around(lines: Floats, line: int) -> tuple[int, int, float]:  # pragma: no cover - compiled
    """The vectors before and after a line, and the share of the later one."""
    last = len(lines) - 1
    before = min(max(int(np.searchsorted(lines, line, side="right")) - 1, 0), last)
    after = min(before + 1, last)
    if after == before:
        return before, after, 0.0
    share = (line - lines[before]) / (lines[after] - lines[before])
    return before, after, min(max(share, 0.0), 1.0)


@numba.njit(cache=True, nogil=True)
def _between(
    lines: Floats, at: Floats, row: int, height: int
) -> Block:  # pragma: no cover - compiled
    """Interpolate vectors along azimuth: height x width."""
    block = np.empty((height, at.shape[1]), np.float32)
    for i in range(height):
        before, after, share = around(lines, row + i)
        for j in range(at.shape[1]):
            block[i, j] = at[before, j] + share * (at[after, j] - at[before, j])
    return block
