"""Geocoding of real coherence beside SNAP's Terrain-Correction.

Coherence of S1A IW1 pairs twelve days apart over Brittany, 2024, as SNAP made it: once in the
radar's geometry with the precise orbit, once on the map. The first goes through our geocoding onto
the map of the second. SNAP had a terrain model, we have none of the place and take one height; and
the author averaged by an unknown window, for which 4 lines and 16 samples fit best. Height and
sample cannot be told apart, so it is the line that this proves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from scipy.ndimage import uniform_filter

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation, read_annotation
from dias_cbm.card.sar.boxcar import WHOLE
from dias_cbm.card.sar.deburst import Part
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geocode import BurstImage, lay_on
from dias_cbm.card.sar.geocoding_nodes import Lattice, Located
from dias_cbm.card.sar.orbit import Orbit, spline
from dias_cbm.errors import NotEnoughData
from dias_cbm.products.model import Grid
from dias_cbm.products.readers.raster import open_unplaced, opened
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.evidence.real.snap_files import SnapMetadata
from dias_cbm_lab.level1.slc_annotation import SWATHS, Pass, annotation

FOLDER = "alexthry_snap_coherence"
#: Folder of a pair, and the height above the ellipsoid at which its samples fit, m.
CASES = (("S4/07Apr2024_19Apr2024", 210.0), ("S6/07Apr2024_19Apr2024", 80.0))
#: Lines and samples over which the author averaged.
_WINDOW = (4, 16)
#: Lines and samples by which the two are tried against each other.
_LINES, _SAMPLES = np.arange(-3, 3.1, 0.5), np.arange(-8, 8.1, 2)
#: Lines and samples at the edges that are not compared.
_RIM = (5, 20)
_PADDING = tuple((one, one) for one in _RIM)


class Fit(NamedTuple):
    """Where two maps of coherence agree best.

    :param line: by which the one is moved, and ``sample`` likewise.
    :param difference: mean of ours minus SNAP's.
    :param pixels: compared.
    """

    correlation: float
    line: float
    sample: float
    difference: float
    pixels: int


@dataclass(frozen=True, slots=True)
class Coherence:
    """SNAP's coherence of a pair, in the radar's geometry and on the map.

    :param values: float32[lines, samples], averaged as the author did.
    :param on_map: float32[rows, columns], 0 for none.
    :param grid: of the map, in degrees.
    """

    image: Annotation
    orbit: Orbit
    values: NDArray[np.float32]
    on_map: NDArray[np.float32]
    grid: Grid

    @classmethod
    def read(cls, folder: Path, work: Path) -> Coherence:
        """Read a pair.

        :param work: a folder to work in.
        :raises NotEnoughData: a file is missing.
        """
        names = ("*.dim.gz", "coh_*.img", "*_coh.tif")
        files = [next(iter(sorted(folder.glob(name))), None) for name in names]
        metadata, radar, placed = files
        if metadata is None or radar is None or placed is None:
            raise NotEnoughData("lacks a file of the pair", subject=folder)
        with open_unplaced(radar) as dataset:
            values = uniform_filter(dataset.read(1), _WINDOW)
        with opened(placed) as dataset:
            on_map = dataset.read(1)
            grid = Grid(CRS.from_epsg(4326), dataset.transform, dataset.width, dataset.height)
        snap = SnapMetadata.read(metadata)
        image = _annotation(snap, values.shape, work)
        orbit = spline(snap.orbit(image.epoch), image, "AUX_POEORB")
        return cls(image, orbit, values, on_map, grid)

    def located(self, height: float, work: Path) -> Located:
        """The map's pixels at one height above the ellipsoid, by the engine's geocoding."""
        with Dem(self._level(height, work), VerticalDatum.ELLIPSOID) as model:
            lattice = Lattice(self.grid, self.orbit, model)
            return lattice.locate(0, 0, self.grid.height, self.grid.width)

    def fit(self, located: Located) -> Fit:
        """Where ours agrees best with SNAP's map."""
        lines, samples = self.values.shape
        rim = np.pad(np.ones((lines - 2 * _RIM[0], samples - 2 * _RIM[1]), np.float32), _PADDING)
        burst = BurstImage(self.image, 0)
        whole = Part(-np.inf, np.inf, -np.inf, np.inf)
        layers = np.rint(np.stack([self.values, rim]) * WHOLE).astype(np.uint16)

        def at(line: float, sample: float) -> Fit:
            laid = np.zeros((2, *self.on_map.shape), np.float32)
            lay_on(located, burst, whole, layers, (line, sample), laid)
            ours, inside = laid
            both = (ours > 0) & (inside > 0) & (self.on_map > 0)
            one, other = ours[both], self.on_map[both]
            mean = float((one - other).mean(dtype=float))
            same = float(np.corrcoef(one, other)[0, 1])
            return Fit(same, line, sample, mean, int(both.sum()))

        # First along the track, then across it: the two hardly depend on each other.
        line = max(at(shift, 0.0) for shift in _LINES.tolist()).line
        return max(at(line, shift) for shift in _SAMPLES.tolist())

    def _level(self, height: float, work: Path) -> Path:
        """A terrain model of one height, a little larger than the map."""
        path = work / f"level_{height:g}.tif"
        west, north = self.grid.transform @ (0, 0)
        size = 0.02
        transform = rasterio.transform.from_origin(west - 1, north + 1, size, size)
        flat = np.full((100, 100), height, np.float32)
        options = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
        with rasterio.open(
            path, "w", height=100, width=100, transform=transform, **options
        ) as dataset:
            dataset.write(flat, 1)
        return path


def _annotation(snap: SnapMetadata, shape: tuple[int, int], work: Path) -> Annotation:
    """The annotation of a subset of SNAP's: its timing, in place of a synthetic one's."""
    file = work / "annotation.xml"
    day = np.datetime64("2024-04-07T06:32:57")
    file.write_bytes(annotation(Pass(day, 53324, -4.0, 48.0), replace(SWATHS[0], bursts=1), "VV"))
    plain = read_annotation(file)
    start = snap.seconds("first_line_time", plain.epoch)
    interval = snap.number("line_time_interval")
    return replace(
        plain,
        first_line_time=start,
        last_line_time=start + interval * (shape[0] - 1),
        line_interval=interval,
        slant_range_time=2 * snap.number("slant_range_to_first_pixel") / SPEED_OF_LIGHT,
        range_sampling_rate=SPEED_OF_LIGHT / 2 / snap.number("range_spacing"),
        samples=shape[1],
        lines=shape[0],
        lines_per_burst=shape[0],
        bursts=(replace(plain.bursts[0], azimuth_time=start),),
    )


def figures(data: Path, work: Path) -> list[Figure]:
    """All of them.

    :param data: the folder of real images.
    :param work: a folder to work in.
    """
    found = []
    for name, height in CASES:
        pair = Coherence.read(data / FOLDER / name, work)
        fit = pair.fit(pair.located(height, work))
        what = f"SNAP, geocoded coherence {name[:2]}, {fit.pixels} pixels"
        found += [
            Figure(f"{what}: correlation", fit.correlation, "", least=0.8),
            Figure(f"{what}: shift along azimuth", fit.line, "line", 1.0),
            Figure(f"{what}: shift across, height fitted", fit.sample, "sample", 3.0),
            Figure(f"{what}: mean difference", fit.difference, "", 0.01),
        ]
    return found
