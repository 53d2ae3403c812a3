"""Random convolution kernels over the season, and the network that learns from their counts.

After MiniRocket (Dempster et al. 2021): kernels of nine taps, three of weight 2 and six of -1, in
several dilations, over random subsets of the series. For each kernel and threshold the windows
above the threshold are counted in each quarter of the season. Counts fit a byte, and are
standardised only for the rows of a training step.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import combinations
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.layout import WINDOWS_PER_BLOCK
from dias_cbm.outliers.network import (
    Floats,
    Network,
    Recipe,
    Rows,
    Scale,
    bridged,
    fit,
    moments,
    standardise,
)

#: For the kernel network.
RECIPE = Recipe(epochs=8, rate=2e-3, dropout=0.4, noise=0.3)

TAPS = 9
DILATIONS = (1, 2, 4)
#: Thresholds of each kernel: quantiles of its output over a sample of parcels.
QUANTILES = (0.29, 0.71)
QUARTERS = 4

# Counts weigh half of a window: there are nine times as many.
_COUNTS_WEIGH = np.float32(0.5)
_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Kernels:
    """Kernels with their thresholds.

    :param taps: int64[kernels, 3]; the taps of weight 2, of 0 to 8; all others weigh -1.
    :param dilations: int64[dilations]; windows between two taps.
    :param chosen: bool[dilations, kernels, series]; the series that are added up first.
    :param threshold: float32[dilations, kernels, thresholds].
    """

    taps: NDArray[np.int64]
    dilations: NDArray[np.int64]
    chosen: NDArray[np.bool_]
    threshold: NDArray[np.float32]

    @classmethod
    def draw(cls, windows: Floats, seed: int) -> Kernels:
        """All 84 kernels in every dilation the season is long enough for.

        :param windows: float32[n, series, windows], standardised, without NaN.
        """
        generator = np.random.default_rng(seed)
        parcels, series, length = windows.shape
        taps = np.array(list(combinations(range(TAPS), 3)), np.int64)
        dilations = np.array([one for one in DILATIONS if one == 1 or 4 * one < length], np.int64)
        chosen = np.zeros((len(dilations), len(taps), series), np.bool_)
        for one in chosen.reshape(-1, series):
            number = int(2 ** generator.uniform(0, np.log2(series) + 0.01))
            one[generator.choice(series, min(series, number), replace=False)] = True
        sample = generator.choice(parcels, min(_SAMPLE, parcels), replace=False)
        outputs = convolve(np.ascontiguousarray(windows[sample]), taps, dilations, chosen)
        threshold = np.quantile(outputs.reshape(*chosen.shape[:2], -1), QUANTILES, axis=2)
        moved = np.ascontiguousarray(np.moveaxis(threshold, 0, 2), np.float32)
        return cls(taps, dilations, chosen, moved)

    def counts(self, windows: Floats) -> NDArray[np.uint8]:
        """Windows above each threshold in each quarter of the season.

        :param windows: float32[n, series, windows], standardised, without NaN.
        :returns: [n, dilations * kernels * thresholds * quarters].
        """
        length = windows.shape[2]
        if length > 255 * QUARTERS:
            raise ValueError(f"a quarter of {length} windows does not fit a byte")
        bounds = np.arange(QUARTERS + 1) * length // QUARTERS
        counts = np.empty((len(windows), self.threshold.size * QUARTERS), np.uint8)
        _count(
            np.ascontiguousarray(windows, np.float32),
            self.taps,
            self.dilations,
            self.chosen,
            self.threshold,
            bounds,
            counts,
        )
        return counts


@numba.njit(cache=True, nogil=True)
def _output(series: Any, chosen: Any, taps: Any, dilation: int, total: Any, output: Any) -> None:
    """Output of one kernel over one parcel, zero beyond the ends of the season.

    :param total: float32[windows]; overwritten.
    :param output: float32[windows]; overwritten.
    """
    length = len(output)
    total[:] = 0
    for number in range(len(chosen)):
        if chosen[number]:
            for window in range(length):
                total[window] += series[number, window]
    output[:] = 0
    for tap in range(TAPS):
        weight = np.float32(2 if tap in (taps[0], taps[1], taps[2]) else -1)
        shift = (tap - TAPS // 2) * dilation
        for window in range(max(0, -shift), min(length, length - shift)):
            output[window] += weight * total[window + shift]


@numba.njit(cache=True, nogil=True)
def convolve(windows: Any, taps: Any, dilations: Any, chosen: Any) -> Any:
    """Outputs of kernels: float32[dilations, kernels, n, windows]."""
    parcels, _, length = windows.shape
    outputs = np.empty((len(dilations), len(taps), parcels, length), np.float32)
    total = np.empty(length, np.float32)
    for parcel in range(parcels):
        for level in range(len(dilations)):
            for kernel in range(len(taps)):
                _output(
                    windows[parcel],
                    chosen[level, kernel],
                    taps[kernel],
                    dilations[level],
                    total,
                    outputs[level, kernel, parcel],
                )
    return outputs


@numba.njit(cache=True, nogil=True)
def _count(
    windows: Any,
    taps: Any,
    dilations: Any,
    chosen: Any,
    threshold: Any,
    bounds: Any,
    counts: Any,
) -> None:
    length = windows.shape[2]
    total, output = np.empty(length, np.float32), np.empty(length, np.float32)
    for parcel in range(len(windows)):
        column = 0
        for level in range(len(dilations)):
            for kernel in range(len(taps)):
                _output(
                    windows[parcel],
                    chosen[level, kernel],
                    taps[kernel],
                    dilations[level],
                    total,
                    output,
                )
                for number in range(threshold.shape[2]):
                    limit = threshold[level, kernel, number]
                    for quarter in range(len(bounds) - 1):
                        above = 0
                        for window in range(bounds[quarter], bounds[quarter + 1]):
                            if output[window] > limit:
                                above += 1
                        counts[parcel, column] = above
                        column += 1


@dataclass(frozen=True, slots=True)
class KernelRows(Rows):
    """What the kernel network learns from: windows, means over 25 days, and counts.

    :param windows: float32[n, series, windows], standardised.
    :param counts: uint8[n, counts].
    """

    windows: Floats
    counts: NDArray[np.uint8]
    block_scale: Scale
    count_scale: Scale

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        parcels, series, length = self.windows.shape
        blocks = len(self.block_scale.mean)
        return parcels, series * length + blocks + self.counts.shape[1]

    def __getitem__(self, rows: Any) -> Floats:
        """float32[rows, columns], standardised."""
        windows = self.windows[rows]
        plain = windows[0].size
        blocks = plain + len(self.block_scale.mean)
        values = np.empty((len(windows), self.shape[1]), np.float32)
        values[:, :plain] = windows.reshape(len(windows), -1)
        values[:, plain:blocks] = _blocks(windows)
        standardise(values[:, plain:blocks], self.block_scale)
        counts = values[:, blocks:]
        counts[:] = self.counts[rows]
        counts -= self.count_scale.mean
        counts *= _COUNTS_WEIGH / self.count_scale.deviation
        return values


def _blocks(windows: Floats) -> Floats:
    """Means over 25 days, [n, series * blocks]."""
    length = windows.shape[2]
    starts = np.arange(0, length, WINDOWS_PER_BLOCK)
    sizes = np.diff([*starts.tolist(), length]).astype(np.float32)
    total = np.add.reduceat(windows, starts, axis=2)
    total /= sizes
    return total.reshape(len(windows), -1)


@dataclass(frozen=True, slots=True)
class KernelNetwork:
    """The kernel network of a season: one network for each fold that it leaves out.

    :param scale: of the windows, without their gaps.
    :param networks: by fold.
    """

    scale: Scale
    kernels: Kernels
    block_scale: Scale
    count_scale: Scale
    networks: dict[int, Network]

    def predict(self, windows: Floats, fold: int) -> Floats:
        """Probabilities of any windows, by the network that leaves out a fold.

        :param windows: float32[n, series, windows], as those it was trained on; NaN in gaps.
        :returns: float32[n, classes].
        """
        return self.networks[fold].predict(self._rows(standardise(bridged(windows), self.scale)))

    def _rows(self, windows: Floats) -> KernelRows:
        counts = self.kernels.counts(windows)
        return KernelRows(windows, counts, self.block_scale, self.count_scale)

    def to_bytes(self) -> bytes:
        """All of it as a compressed ``.npz``, the networks in half precision."""
        arrays: dict[str, NDArray[Any]] = {
            "taps": self.kernels.taps,
            "dilations": self.kernels.dilations,
            "chosen": self.kernels.chosen,
            "threshold": self.kernels.threshold,
        }
        for name in ("scale", "block_scale", "count_scale"):
            arrays[f"{name}_mean"], arrays[f"{name}_deviation"] = getattr(self, name)
        for fold, network in self.networks.items():
            arrays[f"network_{fold}"] = np.frombuffer(network.to_bytes(), np.uint8)
        buffer = BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> KernelNetwork:
        """What :meth:`to_bytes` wrote."""
        with np.load(BytesIO(content), allow_pickle=False) as stored:
            scale, blocks, counts = (
                Scale(stored[f"{name}_mean"], stored[f"{name}_deviation"])
                for name in ("scale", "block_scale", "count_scale")
            )
            kernels = Kernels(*(stored[name] for name in Kernels.__slots__))
            networks = {
                int(name.removeprefix("network_")): Network.from_bytes(stored[name].tobytes())
                for name in stored.files
                if name.startswith("network_")
            }
        return cls(scale, kernels, blocks, counts, networks)


@dataclass(frozen=True, slots=True)
class KernelTraining:
    """The result of :func:`train_out_of_fold`.

    :param probability: float32[n, classes]; of each row, by the network that left it out.
    """

    network: KernelNetwork
    probability: Floats


def train_out_of_fold(
    windows: Floats,
    labels: NDArray[np.int64],
    classes: int,
    fold: NDArray[np.int64],
    seed: int,
    recipe: Recipe = RECIPE,
) -> KernelTraining:
    """Train the kernel network of every fold and predict the rows of that fold.

    560,000 parcels with 220 windows need 1.8 GB: the windows 0.5, their counts 1.1.

    :param windows: float32[n, series, windows]; NaN in gaps.
    :param labels: int[n]; -1 in rows that are not to be learnt from.
    :param fold: int[n].
    :param recipe: epochs and batches are fitted to the number of rows.
    """
    filled = bridged(windows)
    scale = moments(filled)
    standardise(filled, scale)
    kernels = Kernels.draw(filled, seed)
    counts = kernels.counts(filled)
    rows = KernelRows(filled, counts, moments(_blocks(filled)), moments(counts))
    probability = np.empty((len(filled), classes), np.float32)
    networks = {}
    for number in np.unique(fold).tolist():
        learnt = np.flatnonzero((fold != number) & (labels >= 0))
        left_out = np.flatnonzero(fold == number)
        trained = fit(rows, labels, classes, recipe.sized(len(learnt)), seed + number, learnt)
        networks[number] = trained.network
        probability[left_out] = trained.network.predict(rows, left_out)
    network = KernelNetwork(scale, kernels, rows.block_scale, rows.count_scale, networks)
    return KernelTraining(network, probability)
