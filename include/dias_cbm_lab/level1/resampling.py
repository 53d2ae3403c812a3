"""The engine's own resampling, seen alone: an interferogram whose other side is 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.coregistration import TOLERANCE, Registration
from dias_cbm.card.sar.deramp import Ramp, deramp
from dias_cbm.card.sar.interferogram import Stripe, StripePair

Floats = NDArray[np.float64]

#: Of the radar, Hz; without the phase of orbits and terrain it changes nothing.
_FREQUENCY = 5.405e9
#: At most so many lines and samples to which the positions are fitted.
_NODES = 24
#: Powers of line, sample and height, as the engine's own registrations have them.
_DEGREES = (3, 5, 3)


def resampled(
    pixels: NDArray[np.complex64], ramp: Ramp, first_line: int, line: Floats, sample: Floats
) -> NDArray[np.complex64]:
    """Pixels of a burst deramped, resampled to other places, and with their ramp again.

    :param pixels: as sensed, (lines, samples); they are not changed.
    :param ramp: of these samples, for all lines of the burst.
    :param first_line: the line of the burst in ``pixels[0]``.
    :param line: of the burst, (n, m), as smooth as a registration; ``sample`` of ``pixels``.
    :returns: (n, m); 0 where not all pixels that a value needs are there.
    :raises ValueError: the places are not smooth.
    """
    source = pixels[None].copy()
    deramp(source, ramp, first_line)
    shape = line.shape
    registration = _fitted(line, sample)
    found = StripePair(
        Stripe(0, np.ones((1, *shape), np.complex64), _whole(shape)),
        Stripe(first_line, source, _whole(pixels.shape)),
        np.zeros(shape, np.float32),
        registration,
        ramp,
        _FREQUENCY,
        remove_phase=False,
    ).interferogram()
    return np.asarray(found.cross[0].conj())


def _fitted(line: Floats, sample: Floats) -> Registration:
    """The registration that leads from a pixel of the result to its place, at any height."""
    nodes = [np.linspace(0, size - 1, min(size, _NODES)).astype(int) for size in line.shape]
    scaling = np.array([((size - 1) / 2, max((size - 1) / 2, 1)) for size in (*line.shape, 1)])
    axes = [(one - middle) / scale for one, (middle, scale) in zip(nodes, scaling[:2], strict=True)]
    row, column = np.meshgrid(*axes, indexing="ij")
    design = np.polynomial.polynomial.polyvander2d(row.ravel(), column.ravel(), _DEGREES[:2])
    wanted = np.stack([one[np.ix_(*nodes)].ravel() for one in (line, sample)])
    solved = np.linalg.lstsq(design, wanted.T, rcond=None)[0].T
    if np.abs(solved @ design.T - wanted).max() > TOLERANCE[0]:
        raise ValueError("the places are not smooth")
    coefficients = np.zeros((3, *(degree + 1 for degree in _DEGREES)))
    coefficients[:2, ..., 0] = solved.reshape(2, *coefficients.shape[1:3])
    return Registration(coefficients, scaling)


def no_ramp(lines: int, samples: int, interval: float) -> Ramp:
    """A ramp of zero, of pixels that have none or are to keep theirs."""
    return Ramp(np.zeros((samples, 3)), interval, lines)


def _whole(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """All pixels of every line are valid."""
    return np.tile(np.array([0, shape[1]], np.int32), (shape[0], 1))
