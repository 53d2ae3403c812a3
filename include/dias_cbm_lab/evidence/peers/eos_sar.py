"""The coherence of a burst pair by eos-sar (Apache-2.0), https://github.com/kayrros/eos-sar.

Its geometry, registration, deramping, resampling, phase and estimate; none of it is ours.
"""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from lxml import etree
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from dias_cbm.card.sar.boxcar import BoxcarWindow
from dias_cbm.card.sar.geoid import undulation
from dias_cbm.products.readers.raster import open_unplaced, parse_xml
from dias_cbm.vertical_datum import VerticalDatum

#: eos-sar takes windows of an odd number of pixels only.
WINDOW = BoxcarWindow(range=11, azimuth=3)
_ORBIT_DEGREE = 11
_NANOSECONDS = re.compile(r"(T\d\d:\d\d:\d\d\.\d{6})\d+")


def coherence(reference: Path, secondary: Path, dem: Path) -> NDArray[np.float32]:
    """The coherence of the first burst of the first image of two SAFE folders.

    :param dem: terrain model above EGM2008, in degrees.
    :returns: float32[lines, samples] of the reference's burst; 0 outside its valid pixels.
    """
    from eos.sar import coherence as estimate
    from eos.sar import dem_to_radar, geom_phase, regist

    one, other = _Burst(reference), _Burst(secondary)
    model = _terrain(dem)
    x, y, above, crs = regist.get_registration_dem_pts(one.model, dem=model, sampling_ratio=1.0)
    row, column, _ = one.model.projection(x, y, above, crs=crs)
    matrix = regist.orbital_registration(row, column, other.model, x, y, above, crs)
    moved = other.resampled(one.pixels.shape, matrix)
    phase = geom_phase.TopoCorrection(one.model, [other.model])
    heights = dem_to_radar.dem_radarcoding(model, one.model)
    turn = phase.flat_earth_image()[0] + phase.topo_phase_image(heights)[0]
    moved = (moved * np.exp(1j * turn)).astype(np.complex64)
    size = WINDOW.azimuth, WINDOW.range
    values = estimate.on_pair(one.pixels, moved, size, might_contain_nans=True)
    # Near the edges, and near places without height, eos-sar averages over less than the window.
    whole = minimum_filter(np.isfinite(moved).astype(np.uint8), size, mode="constant")
    return one.placed(np.where(whole > 0, values, 0).astype(np.float32))


class _Burst:
    """A burst as eos-sar sees it."""

    def __init__(self, safe: Path) -> None:
        from eos.products.sentinel1 import metadata, proj_model
        from eos.sar.orbit import Orbit

        annotation = next(iter(sorted((safe / "annotation").glob("*.xml"))))
        self.meta: Any = metadata.extract_burst_metadata(_as_eos_reads(annotation), 0)
        self.orbit: Any = Orbit(self.meta.state_vectors, _ORBIT_DEGREE)
        self.model: Any = proj_model.burst_model_from_burst_meta(self.meta, self.orbit)
        column, row, width, height = self.meta.burst_roi
        self._valid = slice(row, row + height), slice(column, column + width)
        with open_unplaced(next((safe / "measurement").glob("*.tiff"))) as dataset:
            self._shape = self.meta.lines_per_burst, dataset.width
            self.pixels = dataset.read(1).astype(np.complex64)[self._valid]

    def resampled(self, shape: tuple[int, int], matrix: NDArray) -> NDArray[np.complex64]:
        from eos.products.sentinel1 import burst_resamp, doppler_info

        doppler = doppler_info.doppler_from_meta(self.meta, self.orbit)
        resampler = burst_resamp.burst_resample_from_meta(self.meta, shape, matrix, doppler)
        return np.asarray(resampler.resample(self.pixels), np.complex64)

    def placed(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        whole = np.zeros(self._shape, np.float32)
        whole[self._valid] = values
        return whole


def _as_eos_reads(annotation: Path) -> str:
    """An annotation with its only burst twice, and times to the microsecond.

    eos-sar reads neither a list of one burst nor more digits.
    """
    root = parse_xml(annotation.read_bytes(), annotation)
    bursts = root.find("swathTiming/burstList")
    bursts.append(deepcopy(bursts[0]))
    return _NANOSECONDS.sub(r"\1", etree.tostring(root, encoding="unicode"))


def _terrain(path: Path) -> Any:
    """A terrain model with heights above the ellipsoid."""
    from eos.dem import DEM

    with rasterio.open(path) as dataset:
        heights, transform = dataset.read(1).astype(np.float32), dataset.transform
    row, column = np.indices(heights.shape) + 0.5
    longitude, latitude = transform @ (column, row)
    geoid = undulation(longitude, latitude, VerticalDatum.EGM2008)
    return DEM((heights + geoid).astype(np.float32), transform)
