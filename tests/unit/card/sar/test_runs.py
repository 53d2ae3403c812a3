"""Values are written run by run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.runs import write_runs


class Page:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.values = np.full((2, 20, 40), -1.0, np.float32)
        self.calls = 0

    def write(self, band: str, row: int, column: int, values: NDArray[np.float32]) -> None:
        rows, columns = values.shape
        self.values[int(band), row : row + rows, column : column + columns] = values
        self.calls += 1


def test_what_is_above_zero_is_written_and_nothing_else() -> None:
    layers = np.random.default_rng(1).random((2, 10, 30), np.float32)
    layers[layers < 0.4] = 0
    layers[0, 3], layers[0, 4], layers[1, 5, 7] = 0, 0.5, np.nan
    page = Page()
    write_runs(page, ("0", "1"), layers, (4, 6))  # type: ignore[arg-type]
    part = page.values[:, 4:14, 6:36]
    assert (part == np.where(layers > 0, layers, -1)).all()
    page.values[:, 4:14, 6:36] = -1
    assert (page.values == -1).all()


def test_a_run_is_written_at_once() -> None:
    layers = np.zeros((1, 2, 9), np.float32)
    layers[0, 0], layers[0, 1, 2:5], layers[0, 1, 8] = 1, 1, 1
    page = Page()
    write_runs(page, ("0",), layers, (0, 0))  # type: ignore[arg-type]
    assert page.calls == 3
