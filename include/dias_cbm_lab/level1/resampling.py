"""The engine's own resampling, seen alone: an interferogram whose other side is 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.coregistration import register
from dias_cbm.card.sar.deramp import Ramp, deramp
from dias_cbm.card.sar.interferogram import Stripe, interfere

Floats = NDArray[np.float64]

#: Of the radar, Hz; without the phase of orbits and terrain it changes nothing.
_FREQUENCY = 5.405e9
#: At most so many lines and samples to which the positions are fitted.
_NODES = 24


def resampled(
    pixels: NDArray[np.complex64], ramp: Ramp, first_line: int, line: Floats, sample: Floats
) -> NDArray[np.complex64]:
    """Pixels of a burst deramped, resampled to other places, and with their ramp again.

    :param pixels: as sensed, (lines, samples); they are not changed.
    :param ramp: of these samples, for all lines of the burst.
    :param first_line: the line of the burst in ``pixels[0]``.
    :param line: of the burst, (n, m), as smooth as a registration; ``sample`` of ``pixels``.
    :returns: (n, m); 0 where not all pixels that a value needs are there.
    :raises CardFailed: the places are not smooth.
    """
    source = pixels[None].copy()
    deramp(source, ramp, first_line)
    shape = line.shape
    lines, samples = (np.linspace(0, size - 1, min(size, _NODES)).astype(int) for size in shape)
    nodes = np.ix_(lines, samples)
    places = np.stack([line[nodes], sample[nodes], np.zeros_like(line[nodes])])
    registration = register((lines, samples, np.zeros(1)), places[..., None])
    found = interfere(
        Stripe(0, np.ones((1, *shape), np.complex64), _whole(shape)),
        Stripe(first_line, source, _whole(pixels.shape)),
        np.zeros(shape, np.float32),
        registration,
        ramp,
        _FREQUENCY,
        remove_phase=False,
    )
    return np.asarray(found.cross[0].conj())


def no_ramp(lines: int, samples: int, interval: float) -> Ramp:
    """A ramp of zero, of pixels that have none or are to keep theirs."""
    return Ramp(np.zeros((samples, 3)), interval, lines)


def _whole(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """All pixels of every line are valid."""
    return np.tile(np.array([0, shape[1]], np.int32), (shape[0], 1))
