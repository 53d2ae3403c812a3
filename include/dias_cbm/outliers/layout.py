"""The layout of the feature matrix: which column is which series and window of a season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

#: Windows of five days whose mean is one block of 25 days.
WINDOWS_PER_BLOCK = 5


class Series(NamedTuple):
    """The five-day values of one band over a season, orbit directions joined.

    :param card: ``bs`` (dB), ``c6`` and ``c12`` (coherence) or ``s2`` (reflectance).
    :param band: e.g. ``VH``; ``VH-VV`` is their ratio in dB.
    """

    card: str
    band: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a feature matrix: for every series its windows, then its block means.

    :param series: in the order of their columns.
    :param periods: windows, from the first with means to the last.
    """

    series: tuple[Series, ...]
    periods: range

    @property
    def block_count(self) -> int:
        """Blocks of 25 days, the last one perhaps shorter."""
        return -(-len(self.periods) // WINDOWS_PER_BLOCK)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.series) * (len(self.periods) + self.block_count)

    def names(self) -> list[str]:
        """One name per column, e.g. ``bs VH p07 dB`` and ``bs VH from p05 dB``."""
        windows = [f"p{period:02d}" for period in range(len(self.periods))]
        blocks = [f"from {start}" for start in windows[::WINDOWS_PER_BLOCK]]
        return [
            f"{card} {band} {part}{' dB' if card == 'bs' else ''}"
            for card, band in self.series
            for part in [*windows, *blocks]
        ]

    def windows(self, values: NDArray[Any]) -> NDArray[Any]:
        """The windows in a matrix.

        :param values: [parcels, columns], each row contiguous.
        :returns: a view, [parcels, series, windows].
        """
        return self._by_series(values)[:, :, : len(self.periods)]

    def blocks(self, values: NDArray[Any]) -> NDArray[Any]:
        """The means over 25 days in a matrix.

        :param values: [parcels, columns], each row contiguous.
        :returns: a view, [parcels, series, blocks].
        """
        return self._by_series(values)[:, :, len(self.periods) :]

    def _by_series(self, values: NDArray[Any]) -> NDArray[Any]:
        if values.ndim != 2 or values.shape[1] != self.columns:
            raise ValueError(f"a matrix of {self.columns} columns is needed, not {values.shape}")
        each = len(self.periods) + self.block_count
        return values.reshape(len(values), len(self.series), each, copy=False)
