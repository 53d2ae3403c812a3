"""A small neural network in numpy, and what its training says about each label.

Two hidden layers of ReLU with dropout, noise on the inputs, AdamW with a one-cycle rate
(Loshchilov and Hutter 2019; Smith and Topin 2018). The margins of training, averaged over the
epochs, are low where a label contradicts its neighbours: the area under the margin (AUM) of
Pleiss et al. 2020. Seeded, and the same on every run with the same numpy and BLAS; bits may
differ between BLAS libraries and between numbers of their threads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Rows that are predicted, or interpolated, at a time.
_ROWS = 4096

_WARM_UP = 0.3
_FIRST_RATE = 0.04
_FADING_1, _FADING_2 = 0.9, 0.999
_SMALLEST = 1e-7


class Rows(Protocol):
    """What a network learns from: an array, or something that makes rows when they are needed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def __getitem__(self, rows: Any, /) -> Floats:
        """float32[rows, columns], standardised, without NaN."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is built and trained.

    :param epochs: times that each row is seen.
    :param rate: highest learning rate.
    :param dropout: share of hidden units left out of each step.
    :param noise: standard deviation of the noise added to the inputs, themselves of deviation 1.
    :param hidden: units in each of the two hidden layers.
    :param decay: weight decay, multiplied by the rate.
    :param batch: rows in a step.
    """

    epochs: int
    rate: float
    dropout: float
    noise: float
    hidden: int = 192
    decay: float = 0.01
    batch: int = 256

    def sized(self, rows: int) -> Recipe:
        """The recipe for another number of rows than 6,000, for which its epochs are meant.

        More rows take fewer epochs each (at 420,000 a third) and still more steps; few rows take
        smaller batches, so that there are steps enough to learn in.
        """
        epochs = max(2, round(self.epochs * (6000 / max(rows, 100)) ** 0.25))
        return replace(self, epochs=epochs, batch=int(np.clip(rows // 20, 32, self.batch)))


#: For the margins: on the plain windows, where a label's neighbours are easy to see.
MARGINS = Recipe(epochs=12, rate=4e-3, dropout=0.3, noise=0.1)

Parameters = list[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network: its parameters after several of the last epochs.

    :param snapshots: three weights, then three biases, for each of these epochs.
    """

    snapshots: tuple[Parameters, ...]

    def predict(self, inputs: Rows, rows: NDArray[np.int64] | None = None) -> Floats:
        """Probability of each class: the geometric mean over these epochs.

        :param rows: those to predict; all if None.
        :returns: float32[rows, classes]; rows sum to 1.
        """
        wanted = np.arange(inputs.shape[0]) if rows is None else rows
        classes = len(self.snapshots[0][-1])
        probability = np.empty((len(wanted), classes), np.float32)
        for start in range(0, len(wanted), _ROWS):
            here = slice(start, start + _ROWS)
            probability[here] = self._mean(inputs[wanted[here]])
        return probability

    def _mean(self, batch: Floats) -> Floats:
        logs = [np.log(softmax(_logits(one, batch)) + _SMALLEST) for one in self.snapshots]
        return softmax(np.mean(logs, axis=0))

    def to_bytes(self) -> bytes:
        """The network as a compressed ``.npz``, in half precision."""
        buffer = BytesIO()
        named = {
            f"{epoch}_{part}": array.astype(np.float16)
            for epoch, snapshot in enumerate(self.snapshots)
            for part, array in enumerate(snapshot)
        }
        np.savez_compressed(buffer, allow_pickle=False, **named)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Network:
        """The network that :meth:`to_bytes` wrote, at its half precision."""
        with np.load(BytesIO(content), allow_pickle=False) as stored:
            epochs = len(stored.files) // 6
            return cls(
                tuple(
                    [stored[f"{epoch}_{part}"].astype(np.float32) for part in range(6)]
                    for epoch in range(epochs)
                )
            )


@dataclass(frozen=True, slots=True)
class Training:
    """The result of :func:`fit`.

    :param margin: float32[rows of the inputs]: logit of the label minus the highest other logit,
        averaged over the epochs; NaN in rows that were not learnt from.
    """

    network: Network
    margin: Floats


def fit(
    inputs: Rows,
    labels: NDArray[np.int64],
    classes: int,
    recipe: Recipe,
    seed: int,
    rows: NDArray[np.int64] | None = None,
) -> Training:
    """Train a network.

    :param inputs: [n, columns].
    :param labels: [n]; class of each row, -1 where there is none.
    :param recipe: as it is to be used; see :meth:`Recipe.sized`.
    :param rows: those to learn from; all that have a label if None.
    """
    learnt = np.flatnonzero(labels >= 0) if rows is None else np.asarray(rows)
    generator = np.random.default_rng(seed)
    parameters = _initial(inputs.shape[1], classes, recipe.hidden, generator)
    steps = _Steps(parameters, recipe, recipe.epochs * -(-len(learnt) // recipe.batch))
    margin = np.zeros(inputs.shape[0], np.float32)
    snapshots = []
    # Every second epoch of the last three quarters: as good as all of them, and half the size.
    remembered = range(recipe.epochs - 1, recipe.epochs // 4 - 1, -2)
    for epoch in range(recipe.epochs):
        order = generator.permutation(learnt)
        for start in range(0, len(order), recipe.batch):
            batch = order[start : start + recipe.batch]
            noisy = _noisy(inputs[batch], recipe.noise, generator)
            kept = _kept(len(batch), recipe, generator)
            logits, gradients = _gradients(parameters, noisy, labels[batch], kept)
            margin[batch] += _margins(logits, labels[batch])
            steps.take(gradients)
        if epoch in remembered:
            snapshots.append([one.copy() for one in parameters])
    mean = np.full(len(margin), np.nan, np.float32)
    mean[learnt] = margin[learnt] / np.float32(recipe.epochs)
    return Training(Network(tuple(snapshots)), mean)


def _initial(columns: int, classes: int, hidden: int, generator: np.random.Generator) -> Parameters:
    """He's initial weights (He et al. 2015), small in the last layer; biases of zero."""
    sizes = [columns, hidden, hidden, classes]
    weights = [
        generator.standard_normal((above, below), dtype=np.float32) * np.float32((2 / above) ** 0.5)
        for above, below in pairwise(sizes)
    ]
    weights[2] *= np.float32(0.1)
    return weights + [np.zeros(size, np.float32) for size in sizes[1:]]


def _noisy(batch: Floats, deviation: float, generator: np.random.Generator) -> Floats:
    noise = generator.standard_normal(batch.shape, dtype=np.float32)
    noise *= np.float32(deviation)
    noise += batch
    return noise


def _kept(size: int, recipe: Recipe, generator: np.random.Generator) -> list[Floats]:
    """For each hidden layer the units that are kept, scaled to keep the expected sum."""
    shape = (size, recipe.hidden)
    scale = np.float32(1 / (1 - recipe.dropout))
    return [(generator.random(shape, dtype=np.float32) >= recipe.dropout) * scale for _ in range(2)]


def _gradients(
    parameters: Parameters,
    batch: NDArray[Any],
    labels: NDArray[np.int64],
    kept: list[NDArray[Any]],
) -> tuple[NDArray[Any], Parameters]:
    """Logits of a batch, and the gradient of its mean cross-entropy.

    :returns: [rows, classes]; one gradient for each of the parameters.
    """
    weight_1, weight_2, weight_3, bias_1, bias_2, bias_3 = parameters
    first = batch @ weight_1 + bias_1
    open_1 = (first > 0) * kept[0]
    first *= open_1
    second = first @ weight_2 + bias_2
    open_2 = (second > 0) * kept[1]
    second *= open_2
    logits = second @ weight_3 + bias_3

    error = softmax(logits)
    error[np.arange(len(labels)), labels] -= 1
    error /= error.dtype.type(len(labels))
    error_2 = (error @ weight_3.T) * open_2
    error_1 = (error_2 @ weight_2.T) * open_1
    weights = [batch.T @ error_1, first.T @ error_2, second.T @ error]
    return logits, [*weights, error_1.sum(0), error_2.sum(0), error.sum(0)]


def _margins(logits: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[Any]:
    """Logit of the label minus the highest of the others."""
    here = np.arange(len(labels))
    others = logits.copy()
    others[here, labels] = -np.inf
    return logits[here, labels] - others.max(axis=1)


class _Steps:
    """The optimiser: AdamW, its rate rising and falling once over all steps."""

    def __init__(self, parameters: Parameters, recipe: Recipe, number: int) -> None:
        self._parameters = parameters
        self._recipe = recipe
        self._number = number
        self._taken = 0
        self._mean = [np.zeros_like(one) for one in parameters]
        self._square = [np.zeros_like(one) for one in parameters]

    def take(self, gradients: Parameters) -> None:
        """Change the parameters in place."""
        rate = self._recipe.rate * _cycle(self._taken / self._number)
        self._taken += 1
        step = np.float32(rate / (1 - _FADING_1**self._taken))
        grown = np.float32(1 / (1 - _FADING_2**self._taken))
        for number, (one, gradient) in enumerate(zip(self._parameters, gradients, strict=True)):
            mean, square = self._mean[number], self._square[number]
            mean += np.float32(1 - _FADING_1) * (gradient - mean)
            square += np.float32(1 - _FADING_2) * (gradient * gradient - square)
            if one.ndim == 2:
                one *= np.float32(1 - rate * self._recipe.decay)
            one -= step * mean / (np.sqrt(square * grown) + np.float32(1e-8))


def _cycle(progress: float) -> float:
    """Share of the highest rate, after a share of all steps."""
    if progress < _WARM_UP:
        return _FIRST_RATE + (1 - _FIRST_RATE) * (0.5 - 0.5 * np.cos(np.pi * progress / _WARM_UP))
    return 0.5 + 0.5 * np.cos(np.pi * (progress - _WARM_UP) / (1 - _WARM_UP))


def _logits(parameters: Parameters, batch: Floats) -> Floats:
    weight_1, weight_2, weight_3, bias_1, bias_2, bias_3 = parameters
    first = np.maximum(batch @ weight_1 + bias_1, 0)
    second = np.maximum(first @ weight_2 + bias_2, 0)
    return second @ weight_3 + bias_3


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Probabilities from logits; rows sum to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted


class Scale(NamedTuple):
    """What standardises columns: mean and deviation of each, in the shape of one row."""

    mean: Floats
    deviation: Floats


def interpolated(windows: Floats) -> Floats:
    """Windows without gaps, every column with mean 0 and deviation 1.

    A gap is bridged in a straight line over time, and at the ends of the season by the nearest
    value. A series without any value gets the mean of each of its columns.

    :param windows: float32[n, series, windows]; NaN in gaps.
    :returns: the same shape.
    """
    filled = bridged(windows)
    return standardise(filled, moments(filled))


def bridged(windows: Floats) -> Floats:
    """Windows with straight lines over their gaps; NaN only in series without any value.

    :param windows: float32[n, series, windows]; NaN in gaps.
    :returns: the same shape.
    """
    filled = np.empty(windows.shape, np.float32)
    for start in range(0, len(windows), _ROWS):
        filled[start : start + _ROWS] = _bridged(windows[start : start + _ROWS])
    return filled


def standardise(values: Floats, scale: Scale) -> Floats:
    """Give columns mean 0 and deviation 1, in place; NaN becomes 0."""
    for start in range(0, len(values), _ROWS):
        here = values[start : start + _ROWS]
        here -= scale.mean
        here /= scale.deviation
        here[np.isnan(here)] = 0
    return values


def moments(values: NDArray[Any]) -> Scale:
    """Mean and standard deviation over the first axis, without NaN.

    :returns: a column without values has mean 0, one that does not vary deviation 1.
    """
    shape = values.shape[1:]
    number, total, square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for start in range(0, len(values), _ROWS):
        here = values[start : start + _ROWS].astype(float)
        valid = ~np.isnan(here)
        here[~valid] = 0
        number += valid.sum(axis=0)
        total += here.sum(axis=0)
        square += np.einsum("i...,i...->...", here, here)
    number = np.maximum(number, 1)
    mean = total / number
    deviation = np.sqrt(np.maximum(square / number - mean**2, 0))
    deviation[deviation < 1e-6] = 1
    return Scale(mean.astype(np.float32), deviation.astype(np.float32))


def _bridged(windows: Floats) -> Floats:
    width = windows.shape[-1]
    at = np.arange(width)
    seen = ~np.isnan(windows)
    before = np.maximum.accumulate(np.where(seen, at, -1), axis=-1)
    after = np.minimum.accumulate(np.where(seen, at, width)[..., ::-1], axis=-1)[..., ::-1]
    before, after = np.where(before < 0, after, before), np.where(after == width, before, after)
    before, after = np.clip(before, 0, width - 1), np.clip(after, 0, width - 1)
    left = np.take_along_axis(windows, before, axis=-1)
    right = np.take_along_axis(windows, after, axis=-1)
    share = ((at - before) / np.maximum(after - before, 1)).astype(np.float32)
    return np.where(after > before, left + share * (right - left), left)
