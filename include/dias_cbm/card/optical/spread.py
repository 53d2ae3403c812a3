"""A correction known at the nodes of a coarse grid, interpolated to every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.optical.tables import Correction
from dias_cbm.products.model import Grid

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spread:
    """Coefficients at the nodes, and the weight of each node in each row and column of pixels.

    Between nodes they are bilinear: one matrix product from the left and one from the right.

    :param nodes: three coefficients x rows x columns of nodes.
    :param rows: rows of pixels x rows of nodes.
    :param columns: columns of nodes x columns of pixels.
    """

    nodes: Image
    rows: Image
    columns: Image

    @classmethod
    def of(cls, correction: Correction, step: float, grid: Grid) -> Spread:
        """For the pixels of a grid whose upper left corner is the first node.

        :param step: between nodes, in the unit of the grid.
        """
        nodes = np.stack([correction.xa, correction.xb, correction.xc]).astype(np.float32)
        pixel = grid.transform.a
        return cls(
            nodes,
            _weights(grid.height, pixel / step, nodes.shape[1]),
            _weights(grid.width, pixel / step, nodes.shape[2]).T,
        )

    def surface(self, at_sensor: Image, row: int) -> Image:
        """Surface reflectance of whole rows of pixels.

        :param row: number of the first one.
        """
        xa, xb, xc = self.rows[row : row + len(at_sensor)] @ self.nodes @ self.columns
        y = xa * at_sensor - xb
        return np.asarray(y / (1 + xc * y), np.float32)


def _weights(pixels: int, pixel: float, nodes: int) -> Image:
    """Weights, pixels x nodes; beyond the last node its value is kept.

    :param pixel: size of a pixel in steps between nodes.
    """
    where = np.clip((np.arange(pixels) + 0.5) * pixel, 0, nodes - 1)
    before = np.minimum(where.astype(int), nodes - 2)
    weights = np.zeros((pixels, nodes), np.float32)
    every = np.arange(pixels)
    weights[every, before + 1] = where - before
    weights[every, before] = 1 - weights[every, before + 1]
    return weights
