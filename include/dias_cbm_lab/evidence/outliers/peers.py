"""The peers: JRC's network, as published and repaired, and linear discriminants.

JRC's notebooks (ec-jrc/cbm) train a network of 2 x 32 units on a quarter of the parcels and
predict the rest, four times. As published its layers have no activation function, so that it is a
linear model, of backscatter power that is not scaled. Repaired it has ReLU, decibels, scaled
inputs, and coherence. Both are rewritten here in numpy. JRC leaves out parcels with gaps, which
would be nearly all; here gaps are bridged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.network import bridged, interpolated, moments, softmax
from dias_cbm_lab.evidence.outliers.case import CLASSES, Case
from dias_cbm_lab.evidence.outliers.simulator import BANDS

Floats = NDArray[np.float32]

#: Times each parcel is seen. JRC's 50 were for 150,000 parcels, and 58,000 steps; 8,000 parcels
#: need 500 to come near. The repaired network overfits beyond 50.
PUBLISHED_EPOCHS, REPAIRED_EPOCHS = 500, 50

_HIDDEN, _BATCH, _RATE = 32, 32, 1e-3
_QUARTERS = 4


def jrc_published(case: Case) -> Floats:
    """Mean probability of JRC's network as published, float32[n, classes]."""
    power = case.means[:, :, [BANDS.index(("bs", "VV")), BANDS.index(("bs", "VH"))]]
    number = (~np.isnan(power)).sum(axis=1)
    mean = np.nansum(power, axis=1) / np.where(number > 0, number, np.nan)
    filled = bridged(mean.astype(np.float32))
    lonely = np.isnan(filled)
    filled[lonely] = np.broadcast_to(moments(filled).mean, filled.shape)[lonely]
    inputs = filled.reshape(len(filled), -1)
    return _quarters(inputs, case, PUBLISHED_EPOCHS, linear=True)


def jrc_repaired(case: Case) -> Floats:
    """Mean probability of JRC's network with its defects repaired, float32[n, classes]."""
    inputs = interpolated(case.windows).reshape(len(case.values), -1)
    return _quarters(inputs, case, REPAIRED_EPOCHS, linear=False)


def discriminants(case: Case) -> Floats:
    """Linear discriminant analysis out of fold, a shrunk covariance; float32[n, classes]."""
    inputs = interpolated(case.windows).reshape(len(case.values), -1)
    declared = case.declarations.declared
    probability = np.empty((len(inputs), CLASSES), np.float32)
    for fold in np.unique(case.fold):
        learnt = case.fold != fold
        weight, offset = _discriminant(inputs[learnt], declared[learnt])
        probability[~learnt] = softmax(inputs[~learnt] @ weight + offset)
    return probability


def _discriminant(inputs: Floats, labels: NDArray[np.int64], shrink: float = 0.1) -> Any:
    number = np.bincount(labels, minlength=CLASSES)
    total = np.zeros((CLASSES, inputs.shape[1]))
    np.add.at(total, labels, inputs)
    mean = total / np.maximum(number, 1)[:, None]
    rest = inputs - mean[labels].astype(np.float32)
    covariance = (rest.T @ rest).astype(float) / len(inputs)
    average = np.trace(covariance) / len(covariance)
    covariance = (1 - shrink) * covariance + (shrink * average + 1e-6) * np.eye(len(covariance))
    weight = np.linalg.solve(covariance, mean.T)
    prior = np.log(np.maximum(number, 0.5) / len(labels))
    return weight, prior - 0.5 * np.einsum("kd,dk->k", mean, weight)


def _quarters(inputs: Floats, case: Case, epochs: int, *, linear: bool) -> Floats:
    """Train on each random quarter, predict the other three, and average."""
    declared = case.declarations.declared
    order = np.random.default_rng(0).permutation(len(inputs))
    total = np.zeros((len(inputs), CLASSES), np.float32)
    for number, quarter in enumerate(np.array_split(order, _QUARTERS)):
        network = _Network(inputs.shape[1], linear=linear, seed=number)
        network.train(inputs[quarter], declared[quarter], epochs)
        others = np.ones(len(inputs), bool)
        others[quarter] = False
        total[others] += network.predict(inputs[others])
    return total / np.float32(_QUARTERS - 1)


class _Network:
    """Two hidden layers and Adam.

    :param linear: no activation function, and initial weights of tflearn's deviation of 0.02;
        otherwise ReLU and He's.
    """

    def __init__(self, columns: int, *, linear: bool, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._linear = linear
        sizes = (columns, _HIDDEN, _HIDDEN, CLASSES)
        self._weights = [self._initial(sizes[i], sizes[i + 1]) for i in range(3)]
        self._biases = [np.zeros(size, np.float32) for size in sizes[1:]]

    def _initial(self, above: int, below: int) -> Floats:
        deviation = 0.02 if self._linear else (2 / above) ** 0.5
        return self._generator.normal(0, deviation, (above, below)).astype(np.float32)

    def train(self, inputs: Floats, labels: NDArray[np.int64], epochs: int) -> None:
        """Adam with a constant rate (Kingma and Ba 2015)."""
        parameters = self._weights + self._biases
        mean = [np.zeros_like(one) for one in parameters]
        square = [np.zeros_like(one) for one in parameters]
        step = 0
        for _ in range(epochs):
            order = self._generator.permutation(len(labels))
            for start in range(0, len(order), _BATCH):
                batch = order[start : start + _BATCH]
                step += 1
                rate = np.float32(_RATE * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step))
                gradients = self._gradients(inputs[batch], labels[batch])
                for one, gradient, first, second in zip(
                    parameters, gradients, mean, square, strict=True
                ):
                    first += np.float32(0.1) * (gradient - first)
                    second += np.float32(0.001) * (gradient * gradient - second)
                    one -= rate * first / (np.sqrt(second) + np.float32(1e-8))

    def predict(self, inputs: Floats) -> Floats:
        """float32[rows, classes]."""
        return softmax(self._layers(inputs)[-1])

    def _layers(self, inputs: Floats) -> list[Floats]:
        layers = [inputs]
        for weight, bias in zip(self._weights, self._biases, strict=True):
            below = layers[-1] @ weight + bias
            hidden = len(layers) < len(self._weights)
            layers.append(np.maximum(below, 0) if hidden and not self._linear else below)
        return layers

    def _gradients(self, inputs: Floats, labels: NDArray[np.int64]) -> list[Floats]:
        layers = self._layers(inputs)
        error = softmax(layers[-1])
        error[np.arange(len(labels)), labels] -= 1
        error /= np.float32(len(labels))
        weights: list[Floats] = []
        biases: list[Floats] = []
        for number in (2, 1, 0):
            weights.insert(0, layers[number].T @ error)
            biases.insert(0, error.sum(axis=0))
            if number:
                error = error @ self._weights[number].T
                if not self._linear:
                    error *= layers[number] > 0
        return weights + biases
