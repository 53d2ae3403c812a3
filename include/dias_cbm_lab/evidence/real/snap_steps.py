"""The steps of coregistration beside SNAP's Back-Geocoding, on a real pair.

The pair is S1A IW1 VV of 2 and 14 June 2017 over Latvia, its land within burst 11. From a test of
SNAP's operator come the places of 3,136 points of the terrain in both images, and a tile of
secondary pixels at each step: as sensed, deramped, and resampled onto the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation, read_annotation
from dias_cbm.card.sar.bursts import BurstPair
from dias_cbm.card.sar.coregistered_burst import burst_position, ramps_of, registration_of
from dias_cbm.card.sar.coregistration import Registration
from dias_cbm.card.sar.deramp import Ramp, deramp
from dias_cbm.card.sar.direct_geolocation import geodetic
from dias_cbm.card.sar.geometry import to_earth_fixed
from dias_cbm.card.sar.orbit import spline
from dias_cbm.card.sar.pair import Side, SwathPair
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real.snap_files import SnapMetadata, numbers, unpacked
from dias_cbm_lab.level1.resampling import resampled

Floats = NDArray[np.float64]
Pixels = NDArray[np.complex64]

FOLDER = "alus_snap_backgeocoding"
#: The burst that holds points and tile, and their numbers.
BURST, _POINTS, _TILE, _RESAMPLED = 11, 3136, 108, 100
#: Line of the secondary's image and sample of the tile's first pixel.
_CORNER = (16996, 3985)
_DAYS = ("20170602", "20170614")


@dataclass(frozen=True, slots=True)
class RealPair:
    """The pair, with precise orbits, and where SNAP sees the points of the terrain.

    :param points: (n, 3) m, Earth fixed.
    :param seen: (n, 4) of SNAP: line and sample of the reference's burst, and of the secondary's.
    """

    swath: SwathPair
    points: Floats
    seen: Floats

    @classmethod
    def read(cls, data: Path, work: Path) -> RealPair:
        """Read it.

        :param data: the folder of real images.
        :param work: a folder for annotations that are packed in ``data``.
        """
        folder = data / FOLDER
        sides = []
        for day, name in zip(_DAYS, ("master", "slave"), strict=True):
            found = sorted((folder / "annotation").glob(f"*-{day}t*.xml.gz"))
            packed = found[0] if found else folder / f"annotation/*-{day}t*.xml.gz"
            file = work / packed.stem
            file.write_bytes(unpacked(packed))
            image = read_annotation(file)
            vectors = SnapMetadata.read(folder / f"{name}_metadata.dim.gz").orbit(image.epoch)
            sides.append(Side(image, spline(vectors, image, "AUX_POEORB"), ()))
        rows = numbers(folder / "masterZeroDopplerTime.txt", _POINTS, 6)
        seen = numbers(folder / "masterSlaveAzRgData.txt", _POINTS, 4)
        first = BURST * sides[0].annotation.lines_per_burst
        seen -= np.array([first, 0, first, 0])
        swath = SwathPair(sides[0], sides[1], [BurstPair(BURST, BURST)])
        return cls(swath, rows[:, 3:], seen)

    def registration(self) -> Registration:
        """The engine's, from the orbits alone."""
        return registration_of(self.swath, self.swath.bursts[0])

    def off_in_images(self) -> list[tuple[float, float]]:
        """Largest error against SNAP in lines and samples, of the points in either image."""
        found = []
        sides = self.swath.reference, self.swath.secondary
        for side, wanted in zip(sides, (self.seen[:, :2], self.seen[:, 2:]), strict=True):
            line, sample, _ = burst_position(side, BURST, self.points)
            found.append((_largest(line - wanted[:, 0]), _largest(sample - wanted[:, 1])))
        return found

    def off_in_registration(self, registration: Registration) -> tuple[float, float]:
        """Largest error against SNAP of the way from the reference into the secondary."""
        longitude, latitude = geodetic(self.points)
        ground = to_earth_fixed(longitude, latitude, np.zeros(len(longitude)))
        height = np.linalg.norm(self.points, axis=1) - np.linalg.norm(ground, axis=1)
        line, sample, _ = registration.at(self.seen[:, 0], self.seen[:, 1], height)
        return _largest(line - self.seen[:, 2]), _largest(sample - self.seen[:, 3])

    def ramp(self) -> Ramp:
        """The engine's phase ramp of the secondary's burst."""
        return ramps_of(self.swath, self.swath.bursts[0])[1]


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of real secondary pixels, and what SNAP made of it.

    :param sensed: complex64[108, 108].
    :param phase: that SNAP's deramping adds, radians, (108, 108).
    :param line: in the burst, of the pixels resampled by SNAP, (100, 100); ``sample`` likewise.
    :param resampled: SNAP's, bilinear, on the reference: complex[100, 100].
    :param first: line in the burst and sample of its first pixel.
    """

    sensed: Pixels
    phase: Floats
    line: Floats
    sample: Floats
    resampled: NDArray[np.complex128]
    first: tuple[int, int]

    @classmethod
    def read(cls, data: Path, lines_per_burst: int) -> Tile:
        """Read it from the folder of real images."""
        folder = data / FOLDER
        size, inner = (_TILE, _TILE), (_RESAMPLED, _RESAMPLED)
        before = BURST * lines_per_burst
        real, imaginary = (numbers(folder / f"slaveTile{part}.txt", *size) for part in "IQ")
        line, sample = (numbers(folder / f"{axis}Points.txt", *inner) for axis in "yx")
        in_phase, quadrature = (numbers(folder / f"{part}Phase.txt", *inner) for part in "iq")
        return cls(
            (real + 1j * imaginary).astype(np.complex64),
            numbers(folder / "demodPhase.txt", *size),
            line - before,
            sample,
            in_phase + 1j * quadrature,
            (_CORNER[0] - before, _CORNER[1]),
        )

    def bilinear(
        self, ramp: Ramp | None, off: tuple[float, float] = (0.0, 0.0)
    ) -> NDArray[np.complex128]:
        """The tile deramped, resampled as bilinearly as by SNAP, and with its ramp again.

        :param ramp: of the burst, None to leave it where it is.
        :param off: lines and samples away from SNAP's positions.
        """
        line, sample = self.line + off[0], self.sample + off[1]
        pixels = self.sensed[None].copy()
        if ramp is not None:
            deramp(pixels, self._part(ramp), self.first[0])
        found = bilinear(pixels[0], line - self.first[0], sample - self.first[1])
        return found if ramp is None else found * np.exp(-1j * ramp.phase(line, sample))

    def through_the_engine(
        self, ramp: Ramp, off: tuple[float, float] = (0.0, 0.0)
    ) -> NDArray[np.complex64]:
        """The same by the engine's own kernel; arguments as of :meth:`bilinear`."""
        line, sample = self.line + off[0], self.sample + off[1] - self.first[1]
        return resampled(self.sensed, self._part(ramp), self.first[0], line, sample)

    def _part(self, ramp: Ramp) -> Ramp:
        """The ramp of the tile's samples."""
        end = self.first[1] + self.sensed.shape[1]
        return Ramp(ramp.terms[self.first[1] : end], ramp.interval, ramp.lines)


def bilinear(pixels: Pixels, line: Floats, sample: Floats) -> NDArray[np.complex128]:
    """Values between pixels of an image, which must hold all four around each."""
    i, j = np.floor(line).astype(int), np.floor(sample).astype(int)
    down, right = line - i, sample - j
    top = (1 - right) * pixels[i, j] + right * pixels[i, j + 1]
    bottom = (1 - right) * pixels[i + 1, j] + right * pixels[i + 1, j + 1]
    return np.asarray((1 - down) * top + down * bottom)


def correlation(one: NDArray, other: NDArray) -> float:
    """Magnitude of the complex correlation of two images."""
    return float(abs(np.vdot(one, other)) / (np.linalg.norm(one) * np.linalg.norm(other)))


def off_in_ramp(tile: Tile, ramp: Ramp) -> tuple[float, float]:
    """How far the ramp is from SNAP's: Doppler centroid [Hz] and its change [Hz/s]."""
    line = np.arange(len(tile.phase)) + tile.first[0]
    sample = np.arange(tile.phase.shape[1]) + tile.first[1]
    apart = (ramp.phase(line[:, None], sample[None, :]) - tile.phase).mean(axis=1)
    since = (line - line.mean()) * ramp.interval
    change, centroid = np.polyfit(since, apart, 2)[:2] / (2 * np.pi)
    return float(centroid), float(2 * change)


def figures(data: Path, work: Path) -> list[Figure]:
    """All of them; arguments as of :meth:`RealPair.read`."""
    pair = RealPair.read(data, work)
    image: Annotation = pair.swath.secondary.annotation
    tile, ramp = Tile.read(data, image.lines_per_burst), pair.ramp()
    found = []
    for name, (lines, samples) in [
        *zip(("reference", "secondary"), pair.off_in_images(), strict=True),
        ("registration", pair.off_in_registration(pair.registration())),
    ]:
        what = f"SNAP, {_POINTS} points, {name}"
        found.append(Figure(f"{what}: largest error of the line", lines, "line", 1e-3))
        found.append(Figure(f"{what}: largest error of the sample", samples, "sample", 1e-3))
    centroid, change = off_in_ramp(tile, ramp)
    same = correlation(tile.resampled, tile.bilinear(ramp))
    left = correlation(tile.resampled, tile.bilinear(None))
    own = correlation(tile.resampled, tile.through_the_engine(ramp))
    return [
        *found,
        Figure("SNAP, phase of steering: centroid", centroid, "Hz", 10.0),
        Figure("SNAP, phase of steering: rate", change, "Hz/s", 1.0),
        Figure("SNAP, resampled real pixels: complex correlation", same, "", least=0.999),
        Figure("the same without deramping", left, "", 0.9),
        Figure("the same by our own kernel, theirs is bilinear", own, "", least=0.96),
    ]


def _largest(values: Floats) -> float:
    return float(np.abs(values).max())
