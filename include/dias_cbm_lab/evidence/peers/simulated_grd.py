"""A simulated GRD on real annotation, for two processors that geocode it side by side.

One image is smooth, so that values may be compared although one processor takes the nearest pixel
and the other interpolates; in the other every pixel's number tells its line and sample. There is no
noise, since not every processor removes it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation, read_annotation
from dias_cbm.card.sar.backscatter import PIXEL
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geocoding_nodes import Lattice
from dias_cbm.card.sar.geometry import detected_coordinates
from dias_cbm.card.sar.grid import aligned_grid
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.errors import NotEnoughData
from dias_cbm.products.model import Grid
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.level1.grd import not_georeferenced

Floats = NDArray[np.float64]

Numbers = Callable[[NDArray, NDArray], NDArray[np.uint16]]

_TABLES = "annotation/calibration"
_CALIBRATION = "calibration-*-grd-vv-*.xml"
#: West, south, east, north, degrees: hills north of Rome.
AREA = (12.49, 41.99, 12.52, 42.01)
#: Lines and samples after which the numbers of the second image begin again.
PERIOD = 250
_MARGIN = 20
_NOISE = re.compile(r"(<noise(?:Range|Azimuth)?Lut[^>]*>)[^<]*?(?=<)")


@dataclass(frozen=True, slots=True)
class SimulatedGrd:
    """The area's grid, and where our geometry sees its pixels.

    :param source: SAFE folder of the real annotation and tables.
    :param dem: terrain model above EGM96.
    :param line: of the image, (rows, columns); ``sample`` likewise.
    :param above: heights above the ellipsoid, m, (rows, columns).
    """

    source: Path
    annotation: Annotation
    dem: Path
    grid: Grid
    line: Floats
    sample: Floats
    above: Floats

    @classmethod
    def over(cls, folder: Path) -> SimulatedGrd:
        """The study of an area.

        :param folder: holds a GRD's SAFE folder with calibration, and ``dem/`` with a model of it.
        :raises NotEnoughData: it does not.
        """
        source = next((p.parents[2] for p in sorted(folder.rglob(_CALIBRATION))), None)
        dem = next(iter(sorted(folder.rglob("dem/*30m*.tif"))), None)
        if source is None or dem is None:
            raise NotEnoughData(
                "holds no GRD with calibration, or no dem/*30m*.tif", subject=folder
            )
        image = read_annotation(next(iter((source / "annotation").glob("*-grd-vv-*.xml"))))
        west, south, east, north = AREA
        corners = np.array([west, east, east, west]), np.array([south, south, north, north])
        grid = aligned_grid(*corners, PIXEL)
        with Dem(dem, VerticalDatum.EGM96) as model:
            lattice = Lattice(grid, orbit_of(image), model)
            located = lattice.locate(0, 0, grid.height, grid.width)
        line, sample = detected_coordinates(image, located.time, located.slant_range)
        return cls(source, image, dem, grid, line, sample, located.above)

    def table(self, kind: str) -> Path:
        """The file of tables, ``calibration`` or ``noise``, of the real product."""
        return self.source / _TABLES / f"{kind}-{self.annotation.path.name}"

    def smooth(self, line: NDArray, sample: NDArray) -> NDArray[np.uint16]:
        """The first image's numbers at whole lines and samples."""
        return np.rint(600 + 300 * np.sin(line / 41) * np.cos(sample / 53)).astype(np.uint16)

    def numbered(self, line: NDArray, sample: NDArray) -> NDArray[np.uint16]:
        """The second image's."""
        return (line % PERIOD * PERIOD + sample % PERIOD + 1).astype(np.uint16)

    def places(self, numbers: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Lines and samples of numbers of the second image that were found at the grid's pixels."""
        found = []
        remainders = np.divmod(numbers.astype(np.int64) - 1, PERIOD)
        for place, remainder in zip((self.line, self.sample), remainders, strict=True):
            near = np.rint((place - remainder) / PERIOD).astype(np.int64)
            found.append(near * PERIOD + remainder)
        return found[0], found[1]

    def write(self, folder: Path, *, numbered: bool = False) -> Path:
        """A SAFE folder with one of the images, in VV.

        :returns: its path.
        """
        root = folder / self.source.name.replace("_1SDV_", "_1SSV_")
        for part in (_TABLES, "measurement"):
            (root / part).mkdir(parents=True)
        shutil.copy(self.source / "manifest.safe", root)
        shutil.copy(self.annotation.path, root / "annotation")
        shutil.copy(self.table("calibration"), root / _TABLES)
        noise = self.table("noise")
        (root / _TABLES / noise.name).write_text(_NOISE.sub(_zeros, noise.read_text()))
        # The real image has no pixels; its name is kept.
        picture = root / "measurement" / f"{self.annotation.path.stem}.tiff"
        self._write_image(picture, self.numbered if numbered else self.smooth)
        return root

    def _write_image(self, path: Path, numbers: Numbers) -> None:
        edges = [
            (int(np.nanmin(one)) - _MARGIN, int(np.nanmax(one)) + _MARGIN)
            for one in (self.line, self.sample)
        ]
        line, sample = (np.arange(*one) for one in edges)
        window = rasterio.windows.Window(sample[0], line[0], len(sample), len(line))
        layout = {"driver": "GTiff", "count": 1, "dtype": "uint16", "tiled": True}
        size = {"height": self.annotation.lines, "width": self.annotation.samples}
        with (
            not_georeferenced(),
            rasterio.open(path, "w", compress="deflate", sparse_ok=True, **layout, **size) as made,
        ):
            made.write(numbers(line[:, None], sample[None, :]), 1, window=window)


def _zeros(found: re.Match[str]) -> str:
    count = len(found[0][len(found[1]) :].split())
    return found[1] + " ".join(["0"] * count)
