"""A correction known at the nodes of a coarse grid, applied to every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.card.optical.tables import Correction
from dias_cbm.products.model import Grid

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Places:
    """Where pixels lie between nodes, along one axis.

    :param before: the node before each pixel.
    :param share: of the way from there to the next node, 0 to 1.
    """

    before: NDArray[np.int64]
    share: Image

    @classmethod
    def of(cls, pixels: int, pixel: float, nodes: int) -> Places:
        """The centres of pixels; those beyond the last node are placed on it.

        :param pixel: size of a pixel in steps between nodes.
        """
        where = np.clip((np.arange(pixels) + 0.5) * pixel, 0, nodes - 1)
        before = np.minimum(where.astype(int), nodes - 2)
        return cls(before, (where - before).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Spread:
    """Coefficients at the nodes, between which they are bilinear.

    :param nodes: three coefficients x rows x columns of nodes.
    :param rows: of pixels; ``columns`` likewise.
    :param offset: added to a DN.
    :param quantification: DNs of a reflectance of 1.
    """

    nodes: Image
    rows: Places
    columns: Places
    offset: float
    quantification: float

    @classmethod
    def of(
        cls, correction: Correction, step: float, grid: Grid, offset: float, quantification: float
    ) -> Spread:
        """For the pixels of a grid whose upper left corner is the first node.

        :param step: between nodes, in the unit of the grid.
        """
        nodes = np.stack([correction.xa, correction.xb, correction.xc]).astype(np.float32)
        pixel = grid.transform.a / step
        return cls(
            nodes,
            Places.of(grid.height, pixel, nodes.shape[1]),
            Places.of(grid.width, pixel, nodes.shape[2]),
            offset,
            quantification,
        )

    def surface(self, numbers: NDArray[np.uint16], row: int, column: int) -> Image:
        """Surface reflectance of a part of the image.

        :param numbers: its DNs, rows x columns.
        :param row: of its upper left pixel; ``column`` the same.
        """
        height, width = numbers.shape
        rows, columns = slice(row, row + height), slice(column, column + width)
        share, before = self.rows.share[rows, None], self.rows.before[rows]
        lines = (1 - share) * self.nodes[:, before] + share * self.nodes[:, before + 1]
        result = np.empty(numbers.shape, np.float32)
        _surface(
            numbers,
            lines,
            self.columns.before[columns],
            self.columns.share[columns],
            np.float32(self.offset),
            np.float32(self.quantification),
            result,
        )
        return result


@njit(cache=True, nogil=True)
def _surface(
    numbers: np.ndarray,
    lines: np.ndarray,
    before: np.ndarray,
    share: np.ndarray,
    offset: np.float32,
    quantification: np.float32,
    result: np.ndarray,
) -> None:
    """Apply coefficients that are known at the nodes of every line.

    :param numbers: DNs, lines x pixels.
    :param lines: float32[coefficient, line, node].
    """
    height, width = numbers.shape
    one = np.float32(1)
    for line in range(height):
        begin = 0
        while begin < width:
            # All pixels between the same two nodes, in a loop without look-ups.
            node = before[begin]
            end = begin
            while end < width and before[end] == node:
                end += 1
            xa, xa_next = lines[0, line, node], lines[0, line, node + 1]
            xb, xb_next = lines[1, line, node], lines[1, line, node + 1]
            xc, xc_next = lines[2, line, node], lines[2, line, node + 1]
            for pixel in range(begin, end):
                right = share[pixel]
                left = one - right
                at_sensor = (np.float32(numbers[line, pixel]) + offset) / quantification
                y = (left * xa + right * xa_next) * at_sensor - (left * xb + right * xb_next)
                result[line, pixel] = y / (one + (left * xc + right * xc_next) * y)
            begin = end
