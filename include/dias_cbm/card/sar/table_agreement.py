"""Agreement of an image's calibration and noise tables with its annotation.

Tables of another image, or with a value that is wrong, would change its backscatter without an
error.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lxml import etree

from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.luts import Noise, RangeVectors
from dias_cbm.errors import CorruptProduct, InconsistentProduct

#: Limits of A times the root of the incidence's tangent, which is that of beta0: 237 to 475 in real
#: products; and how far, as a share, it may be from its median: 0.01 there.
_LEVELS, _UNEVEN = (50.0, 5000.0), 0.1
#: Gamma0 of noise that no image has: -10 dB. In real products -19.
_MOST_NOISE = 0.1
#: Share of the samples that a table may lack at the sides, and of pixels that may have no noise
#: along azimuth, or that of two sub-swaths; none in real products.
_LACKING_SAMPLES, _LACKING_AZIMUTH = 0.01, 0.1


def check_header(root: etree._Element, path: Path, image: Annotation) -> None:
    """Check that a table is of an image, as far as its header says.

    :raises InconsistentProduct: it is of another one.
    """
    for name, expected in (
        ("missionId", image.mission),
        ("productType", image.product_type),
        ("polarisation", image.polarisation),
        ("swath", image.swath),
        ("absoluteOrbitNumber", str(image.absolute_orbit)),
    ):
        found = (root.findtext(f"adsHeader/{name}") or expected).strip()
        if found != expected:
            raise InconsistentProduct(f"is of {found}, its image of {expected}", subject=path)


def check_gamma(gamma: RangeVectors, path: Path | None, image: Annotation) -> None:
    """Check that the table A of gamma0 covers its image and follows the incidence angle.

    gamma0 is beta0 times the tangent of the incidence, and the table of beta0 is constant.

    :raises InconsistentProduct: it does not.
    """
    _check_extent(gamma, path, image)
    grid = image.grid
    middle = grid.line[np.abs(grid.line - image.lines / 2).argmin()]
    row = np.flatnonzero(grid.line == middle)
    row = row[np.argsort(grid.sample[row])]
    incidence = np.interp(gamma.samples, grid.sample[row], grid.incidence[row])
    level = gamma.values * np.sqrt(np.abs(np.tan(np.radians(incidence))))
    typical = float(np.median(level))
    if not _LEVELS[0] <= typical <= _LEVELS[1]:
        raise InconsistentProduct(f"has factors of about {typical:.3g}", subject=path)
    if np.abs(level / typical - 1).max() > _UNEVEN:
        raise InconsistentProduct(
            "has factors that do not follow the incidence angle", subject=path
        )


def check_noise(noise: Noise, gamma: RangeVectors, path: Path | None, image: Annotation) -> None:
    """Check that tables of noise cover their image, and are of no more than noise.

    :raises CorruptProduct: they are negative.
    :raises InconsistentProduct: they do not cover the image, or have far too much.
    """
    _check_extent(noise.range, path, image)
    factors = [one.values for one in noise.azimuth]
    least = min((one.min() for one in factors), default=1.0)
    # Where there is none, it has no factors either.
    if noise.range.values.min() < 0 or least < 0 or (least == 0 < noise.range.values.max()):
        raise CorruptProduct("has noise that is negative, or is 0 by its factors", subject=path)
    most = noise.range.values.max() * max((one.max() for one in factors), default=1.0)
    if most > _MOST_NOISE * gamma.values.min() ** 2:
        raise InconsistentProduct(
            f"has noise of {10 * np.log10(most / gamma.values.min() ** 2):.0f} dB", subject=path
        )
    covered = 0
    for one in noise.azimuth:
        rows, columns = (
            max(min(end + 1, size) - max(begin, 0), 0)
            for (begin, end), size in ((one.rows, image.lines), (one.columns, image.samples))
        )
        covered += rows * columns
        if rows and (one.lines[0] > one.rows[1] or one.lines[-1] < one.rows[0]):
            raise InconsistentProduct("has noise along azimuth of other lines", subject=path)
    share = covered / (image.lines * image.samples)
    if noise.azimuth and abs(share - 1) > _LACKING_AZIMUTH:
        raise InconsistentProduct(
            f"has noise along azimuth of {share:.0%} of the image", subject=path
        )


def _check_extent(table: RangeVectors, path: Path | None, image: Annotation) -> None:
    spare = _LACKING_SAMPLES * image.samples
    if table.samples[0] > spare or table.samples[-1] < image.samples - 1 - spare:
        raise InconsistentProduct(
            f"has values for samples {table.samples[0]:g} to {table.samples[-1]:g} of"
            f" {image.samples}",
            subject=path,
        )
    if table.lines[0] >= image.lines or table.lines[-1] < 0:
        raise InconsistentProduct(
            f"has values for lines {table.lines[0]:g} to {table.lines[-1]:g} of {image.lines}",
            subject=path,
        )
