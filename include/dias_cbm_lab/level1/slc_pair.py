"""A simulated pair of Sentinel-1 SLC images with known coherence, from two annotations.

The simulation follows the radar, not the engine: places are found from the image outward to the
terrain, spectra are limited around the Doppler frequency of TOPS steering, and the secondary is
shifted by oversampling its spectrum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft2, ifft2

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation
from dias_cbm.card.sar.direct_geolocation import Track, geodetic, places_at
from dias_cbm.card.sar.geometry import to_earth_fixed, zero_doppler
from dias_cbm.card.sar.orbit import Orbit

Floats = NDArray[np.float64]

#: Function from longitude and latitude in degrees to a value.
Field = Callable[[Floats, Floats], Floats]

#: Lines and samples simulated around a burst, so that its edges are like its middle. The total size
#: should have no large prime factor, because of the Fourier transforms.
MARGIN = (48, 64)
#: Lines and samples between places that are located on the terrain.
_STEP = (4, 16)
_OVERSAMPLING = (3, 4)
_RANGE_BANDWIDTH = 56.5e6
#: Shift, in pixels, below which an image counts as unshifted.
_STILL = 1e-3
#: Most iterations, and the change of height in m at which they end.
_STEPS, _CONVERGED = 200, 1e-4


class Look(NamedTuple):
    """One burst of one acquisition."""

    image: Annotation
    orbit: Orbit
    burst: int


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground that the radar sees.

    :param height: above the ellipsoid, m.
    :param coherence: true coherence, 0..1.
    :param amplitude: standard deviation of real and imaginary part, digital numbers.
    """

    height: Field
    coherence: Field
    amplitude: float = 150.0


class Simulated(NamedTuple):
    """A pair of bursts and its truth.

    :param reference: int16-valued complex64[lines, samples], and ``secondary`` likewise.
    :param coherence: true, float32[lines, samples] of the reference.
    """

    reference: NDArray[np.complex64]
    secondary: NDArray[np.complex64]
    coherence: NDArray[np.float32]


class Nodes(NamedTuple):
    """Places that both acquisitions see, every few lines and samples of the reference.

    All arrays have the same shape.

    :param longitude: degrees, and ``latitude`` likewise.
    :param line: of the secondary's burst, and ``sample`` likewise.
    :param farther: slant range of the secondary minus that of the reference, m.
    """

    longitude: Floats
    latitude: Floats
    line: Floats
    sample: Floats
    farther: Floats


def nodes_of(reference: Look, secondary: Look, height: Field) -> Nodes:
    """The places on a terrain that two acquisitions see; the same for all polarisations.

    :param height: above the ellipsoid, m.
    """
    lines, samples = _around(reference.image)
    row = np.arange(lines[0], lines[-1] + _STEP[0], _STEP[0])
    column = np.arange(samples[0], samples[-1] + _STEP[1], _STEP[1])
    image = reference.image
    times = image.bursts[reference.burst].azimuth_time + row * image.line_interval
    ranges = slant_range(image, column.astype(float))
    longitude, latitude, above = places(reference.orbit, times, ranges, height)
    points = to_earth_fixed(longitude, latitude, above)
    line, sample, distance = position(secondary, points)
    return Nodes(longitude, latitude, line, sample, distance - ranges[None, :])


def _around(image: Annotation) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lines and samples of a burst and the margin around it."""
    lines = np.arange(-MARGIN[0], image.lines_per_burst + MARGIN[0])
    return lines, np.arange(-MARGIN[1], image.samples + MARGIN[1])


def simulate(
    reference: Look,
    secondary: Look,
    ground: Ground,
    rng: np.random.Generator,
    nodes: Nodes | None = None,
) -> Simulated:
    """A pair of bursts that see the same scatterers, which changed in between.

    :param nodes: of these looks, where they are known.
    """
    image = reference.image
    lines, samples = _around(image)
    nodes = nodes or nodes_of(reference, secondary, ground.height)
    scene = _Scene.seen(nodes, ground.coherence, lines, samples)
    shape = scene.coherence.shape
    first = _noise(rng, shape)
    second = scene.coherence * first + np.sqrt(1 - scene.coherence**2) * _noise(rng, shape)
    one = _limited(first, _phase(reference, lines[:, None], samples[None, :]), image)
    other = _limited(second, _phase(secondary, scene.line, scene.sample), image, keep=True)
    other *= np.exp(-4j * np.pi / image.wavelength * scene.farther)
    inside = slice(MARGIN[0], -MARGIN[0]), slice(MARGIN[1], -MARGIN[1])
    if scene.still(lines, samples):
        moved = (other * np.exp(1j * _phase(secondary, lines[:, None], samples[None, :])))[inside]
    else:
        moved = _moved(other, scene, secondary, lines, samples)
    return Simulated(
        _recorded(one[inside], reference, ground.amplitude),
        _recorded(moved, secondary, ground.amplitude),
        scene.coherence[inside].astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """Per pixel of the reference: true coherence, and where the secondary sees the same ground.

    :param farther: slant range of the secondary minus that of the reference, m.
    """

    coherence: Floats
    line: Floats
    sample: Floats
    farther: Floats

    @classmethod
    def seen(
        cls,
        nodes: Nodes,
        coherence: Field,
        lines: NDArray[np.int64],
        samples: NDArray[np.int64],
    ) -> _Scene:
        longitude, latitude, *others = (_between(one, lines, samples) for one in nodes)
        return cls(coherence(longitude, latitude), *others)

    def still(self, lines: NDArray[np.int64], samples: NDArray[np.int64]) -> bool:
        """Whether the secondary sees everything in the reference's own pixels."""
        away = self.line - lines[:, None], self.sample - samples[None, :]
        return all(float(np.abs(one).max()) < _STILL for one in away)


def slant_range(image: Annotation, sample: Floats) -> Floats:
    """One-way, m."""
    time = image.slant_range_time + sample / image.range_sampling_rate
    return time * SPEED_OF_LIGHT / 2


def position(look: Look, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Line of the burst, sample and slant range [m] of points (..., 3)."""
    image = look.image
    time, distance = zero_doppler(look.orbit, points)
    line = (time - image.bursts[look.burst].azimuth_time) / image.line_interval
    sample = (2 * distance / SPEED_OF_LIGHT - image.slant_range_time) * image.range_sampling_rate
    return line, sample, distance


def places(track: Track, times: Floats, ranges: Floats, height: Field) -> tuple[Floats, ...]:
    """Places on the terrain that the radar sees: longitude, latitude [degrees], height, (n, m).

    The terrain must be less steep than the look direction.

    :param times: (n,) and ``ranges`` (m,) m.
    """
    above = np.zeros((len(times), len(ranges)))
    for _ in range(_STEPS):
        longitude, latitude = geodetic(places_at(track, times, ranges, above))
        before, above = above, height(longitude, latitude)
        if np.abs(above - before).max() < _CONVERGED:
            break
    return longitude, latitude, above


def _between(nodes: Floats, lines: NDArray[np.int64], samples: NDArray[np.int64]) -> Floats:
    """Bilinear values at every pixel, from nodes every ``_STEP``."""

    def parts(at: NDArray[np.int64], step: int, size: int) -> tuple[NDArray[np.int64], Floats]:
        whole = np.minimum((at - at[0]) // step, size - 2)
        return whole, (at - at[0]) / step - whole

    (i, u), (j, v) = parts(lines, _STEP[0], len(nodes)), parts(samples, _STEP[1], nodes.shape[1])
    rows = nodes[i] + u[:, None] * (nodes[i + 1] - nodes[i])
    return rows[:, j] + v * (rows[:, j + 1] - rows[:, j])


def _noise(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def _phase(look: Look, line: NDArray, sample: NDArray) -> Floats:
    """Phase of TOPS steering: its derivative over time is the Doppler frequency."""
    image = look.image
    mid_line = image.lines_per_burst / 2
    mid = image.bursts[look.burst].azimuth_time + mid_line * image.line_interval
    rate, centroid = (
        min(polynomials, key=lambda one: abs(one.azimuth_time - mid))
        for polynomials in (image.fm_rate, image.doppler_centroid)
    )
    speed = np.linalg.norm(look.orbit.velocity(np.array([mid]))[0])
    steering = 2 * speed / image.wavelength * image.steering_rate
    tau = image.slant_range_time + sample / image.range_sampling_rate
    middle = np.array(image.slant_range_time + image.samples / 2 / image.range_sampling_rate)
    moment = centroid(middle) / rate(middle) - centroid(tau) / rate(tau)
    since = (line - mid_line) * image.line_interval - moment
    change = 1 / (1 / steering - 1 / rate(tau))
    return 2 * np.pi * (centroid(tau) * since + change * since**2 / 2)


def _limited(
    signal: NDArray[np.complex128], phase: Floats, image: Annotation, *, keep: bool = False
) -> NDArray[np.complex128]:
    """A signal limited to the processed bandwidths around its Doppler frequency.

    :param keep: leave it at zero frequency instead of restoring the steering's phase.
    """
    ramp = np.exp(1j * phase)
    spectrum = fft2(signal * ramp.conj(), overwrite_x=True)
    azimuth = np.fft.fftfreq(len(signal), image.line_interval)
    across = np.fft.fftfreq(signal.shape[1], 1 / image.range_sampling_rate)
    spectrum[np.abs(azimuth) > image.azimuth_bandwidth / 2] = 0
    turn = np.cos(2 * np.pi * azimuth / image.azimuth_bandwidth)
    spectrum *= (image.azimuth_window + (1 - image.azimuth_window) * turn)[:, None]
    spectrum[:, np.abs(across) > _RANGE_BANDWIDTH / 2] = 0
    limited: NDArray[np.complex128] = ifft2(spectrum, overwrite_x=True)
    return limited if keep else limited * ramp


def _moved(
    signal: NDArray[np.complex128],
    scene: _Scene,
    secondary: Look,
    lines: NDArray[np.int64],
    samples: NDArray[np.int64],
) -> NDArray[np.complex128]:
    """The secondary's signal, from the reference's pixels to its own, with its steering's phase."""
    image = secondary.image
    line = np.arange(image.lines_per_burst, dtype=float)[:, None]
    sample = np.arange(image.samples, dtype=float)[None, :]
    ahead = scene.line - lines[:, None], scene.sample - samples[None, :]
    # Positions of the secondary's pixels in the reference, by iteration, since shifts are smooth.
    u, v = line - ahead[0].mean(), sample - ahead[1].mean()
    for _ in range(4):
        i = np.clip(np.rint(u - lines[0]).astype(int), 0, len(lines) - 1)
        j = np.clip(np.rint(v - samples[0]).astype(int), 0, len(samples) - 1)
        u, v = line - ahead[0][i, j], sample - ahead[1][i, j]
    at = (u - lines[0]) * _OVERSAMPLING[0], (v - samples[0]) * _OVERSAMPLING[1]
    moved = _cubic(_oversampled(signal), *at)
    return moved * np.exp(1j * _phase(secondary, line, sample))


def _oversampled(signal: NDArray[np.complex128]) -> NDArray[np.complex64]:
    rows, columns = signal.shape
    finer = rows * _OVERSAMPLING[0], columns * _OVERSAMPLING[1]
    spectrum = np.zeros(finer, np.complex64)
    # The middle of the shifted spectrum, frequency 0, stays the middle.
    top, left = finer[0] // 2 - rows // 2, finer[1] // 2 - columns // 2
    spectrum[top : top + rows, left : left + columns] = np.fft.fftshift(np.fft.fft2(signal))
    scale = _OVERSAMPLING[0] * _OVERSAMPLING[1]
    return (np.fft.ifft2(np.fft.ifftshift(spectrum)) * scale).astype(np.complex64)


def _cubic(signal: NDArray[np.complex64], row: Floats, column: Floats) -> NDArray[np.complex128]:
    """Lagrange's cubic between pixels."""

    def taps(at: Floats, size: int) -> tuple[NDArray[np.int64], list[Floats]]:
        whole = np.clip(np.floor(at).astype(int), 1, size - 3)
        t = at - whole
        return whole, [
            -t * (t - 1) * (t - 2) / 6,
            (t + 1) * (t - 1) * (t - 2) / 2,
            -(t + 1) * t * (t - 2) / 2,
            (t + 1) * t * (t - 1) / 6,
        ]

    (i, down), (j, across) = taps(row, len(signal)), taps(column, signal.shape[1])
    values = np.zeros(np.broadcast_shapes(row.shape, column.shape), complex)
    for k, weight in enumerate(down, start=-1):
        for m, other in enumerate(across, start=-1):
            values += weight * other * signal[i + k, j + m]
    return values


def _recorded(
    signal: NDArray[np.complex128], look: Look, amplitude: float
) -> NDArray[np.complex64]:
    """The signal as rounded digital numbers, 0 outside the valid samples."""
    burst = look.image.bursts[look.burst]
    sample = np.arange(signal.shape[1])
    inside = (sample >= burst.first_valid[:, None]) & (sample <= burst.last_valid[:, None])
    inside &= burst.first_valid[:, None] >= 0
    scaled = signal * amplitude * np.sqrt(2)
    whole = np.rint(scaled.real) + 1j * np.rint(scaled.imag)
    return np.where(inside, whole, 0).astype(np.complex64)
