"""Deramping and the interpolation's kernel on real pixels of an SLC.

A crop of 601 lines and 1,401 samples of S1A IW3 VV, 18 September 2022, Azores: sea and land, in
burst 6. Nobody knows the true signal, but physics gives two tests: once deramped, it lies within
the processed bandwidth; and moved back by the kernel after a Fourier transform has moved it by a
part of a pixel, which is exact, it is what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation, read_annotation
from dias_cbm.card.sar.bursts import burst_ramp, mid_time
from dias_cbm.card.sar.deramp import Ramp
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.errors import NotEnoughData
from dias_cbm.products.readers.raster import open_unplaced
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real.snap_steps import bilinear, correlation
from dias_cbm_lab.level1.resampling import no_ramp, resampled

Floats = NDArray[np.float64]
Kernel = Callable[[NDArray[np.complex64], Floats, Floats], NDArray[np.complexfloating]]

FOLDER = "airc_slc_crop"
_FILES = ("*.xml", "*.tiff", "*.EOF")
#: The burst that the crop lies in, and line of the image and sample of its first pixel.
BURST, _CORNER = 6, (9800, 10_000)
#: Lines and samples by which pixels are moved and moved back.
SHIFTS = ((0.25, 0.5), (0.5, 0.5), (0.43, 0.71))
#: Lines that are moved, and the lines and samples of them that are compared: far from the edges,
#: which a Fourier transform joins.
_LINES, _COMPARED = 400, (slice(100, 160), slice(100, 400))


@dataclass(frozen=True, slots=True)
class Crop:
    """Real pixels and the engine's ramp of their burst.

    :param pixels: as sensed, complex64[lines, samples].
    :param first: line of the burst and sample of the first pixel.
    """

    image: Annotation
    pixels: NDArray[np.complex64]
    ramp: Ramp
    first: tuple[int, int]

    @classmethod
    def read(cls, data: Path) -> Crop:
        """Read it from the folder of real images.

        :raises NotEnoughData: a file is missing.
        """
        folder = data / FOLDER
        files = [next(iter(sorted(folder.glob(name))), None) for name in _FILES]
        annotation, picture, orbit = files
        if annotation is None or picture is None or orbit is None:
            raise NotEnoughData("lacks annotation, pixels or orbit", subject=folder)
        image = read_annotation(annotation)
        with open_unplaced(picture) as dataset:
            pixels = dataset.read(1)
        time = np.array([mid_time(image, BURST)])
        speed = float(np.linalg.norm(orbit_of(image, orbit).velocity(time)))
        first = _CORNER[0] - BURST * image.lines_per_burst, _CORNER[1]
        return cls(image, pixels, burst_ramp(image, BURST, speed), first)

    def turned(self, share: float) -> NDArray[np.complex64]:
        """The pixels with a share of the phase that deramping adds: 1 deramps, 0 does nothing."""
        line = self.first[0] + np.arange(len(self.pixels))
        sample = self.first[1] + np.arange(self.pixels.shape[1])
        phase = self.ramp.phase(line[:, None], sample[None, :])
        return (self.pixels * np.exp(1j * share * phase)).astype(np.complex64)

    def in_band(self, pixels: NDArray[np.complex64]) -> float:
        """Share of the energy that lies within the processed bandwidth around zero."""
        taper = np.hanning(len(pixels))[:, None]
        energy = (np.abs(np.fft.fft(pixels * taper, axis=0)) ** 2).sum(axis=1)
        frequency = np.fft.fftfreq(len(pixels), self.image.line_interval)
        inside = np.abs(frequency) <= self.image.azimuth_bandwidth / 2
        return float(energy[inside].sum() / energy.sum())


def moved_back(
    pixels: NDArray[np.complex64],
    shift: tuple[float, float],
    kernel: Kernel | None = None,
    off: tuple[float, float] = (0.0, 0.0),
) -> tuple[float, float]:
    """What is left of pixels moved exactly, and moved back by a kernel.

    :param shift: lines and samples.
    :param kernel: from an image, lines and samples to its values there; by default the engine's.
    :param off: lines and samples by which they are not moved back to where they were.
    :returns: complex correlation with the pixels themselves, and change of their power in dB.
    """
    pixels = pixels[:_LINES]
    azimuth, across = (np.fft.fftfreq(size) for size in pixels.shape)
    turn = azimuth[:, None] * shift[0] + across[None, :] * shift[1]
    moved = np.fft.ifft2(np.fft.fft2(pixels) * np.exp(-2j * np.pi * turn)).astype(np.complex64)
    line, sample = np.meshgrid(
        *(
            np.arange(one.start, one.stop) + back + away
            for one, back, away in zip(_COMPARED, shift, off, strict=True)
        ),
        indexing="ij",
    )
    found = (kernel or engine_kernel)(moved, line, sample)
    truth = pixels[_COMPARED]
    power = float((np.abs(found) ** 2).sum() / (np.abs(truth) ** 2).sum())
    return correlation(truth, found), 10 * float(np.log10(power))


def engine_kernel(
    pixels: NDArray[np.complex64], line: Floats, sample: Floats
) -> NDArray[np.complex64]:
    """Values of deramped pixels between them, by the engine."""
    return resampled(pixels, no_ramp(pixels.shape[0], pixels.shape[1], 1.0), 0, line, sample)


def figures(data: Path) -> list[Figure]:
    """All of them.

    :param data: the folder of real images.
    """
    crop = Crop.read(data)
    deramped = crop.turned(1)
    found = [
        Figure("real SLC, energy in band: deramped", crop.in_band(deramped), "", least=0.995),
        Figure("real SLC, energy in band: as sensed", crop.in_band(crop.pixels), "", 0.7),
        Figure("real SLC, energy in band: ramp doubled", crop.in_band(crop.turned(-1)), "", 0.7),
    ]
    for shift in SHIFTS:
        same, power = moved_back(deramped, shift)
        what = f"real SLC, moved back by {shift[0]:g} lines and {shift[1]:g} samples"
        found.append(Figure(f"{what}: correlation", same, "", least=0.999))
        found.append(Figure(f"{what}: power", power, "dB"))
    plain = moved_back(deramped, SHIFTS[0], bilinear)[0]
    return [*found, Figure("the same, bilinear: correlation", plain, "", 0.99)]
