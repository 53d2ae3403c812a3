"""Parcels of one crop, and planted pairs of neighbours of two, of a real Sentinel-2 chip.

West of a line they are those of a list; the rule by which it was made gives those east of it. The
rule: at least 40 pixels inside an inner buffer of 10 m; pairs are at most 30 m apart, of different
crops, the smaller with at least a quarter of the pixels of the larger.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import NotEnoughData
from dias_cbm.extraction.table import extract_table
from dias_cbm.markers.homogeneity import WEIGHTS, features
from dias_cbm.markers.split import split
from dias_cbm.markers.split_image import read

PARCELS, CHIP, UNITS = "marker2016.gpkg", "RGB_small.tif", "units.csv"
_STATISTICS = ("std", "mean", "p25", "p50", "p75")
_BUFFER_M, _PIXELS, _APART_M, _TIMES = 10, 40, 30, 4


class Units(NamedTuple):
    """Parcels and pairs of parcels of one side.

    :param measures: [m, 6], of homogeneity, of the three bands.
    :param separation: [m], of the best split by a line.
    :param mixed: bool[m].
    """

    measures: NDArray[np.float64]
    separation: NDArray[np.float64]
    mixed: NDArray[np.bool_]


def sides(chip_folder: Path, units_folder: Path) -> tuple[Units, Units]:
    """The units in the west, and in the east.

    :param chip_folder: with the parcels and the chip.
    :param units_folder: with the list.
    :raises NotEnoughData: the list is not of these parcels.
    """
    import geopandas as gpd
    import pandas as pd

    table = gpd.read_file(chip_folder / PARCELS).set_index("pid")
    inner = table.geometry.buffer(-_BUFFER_M)
    chip = chip_folder / CHIP
    filled = inner[inner.area > 0]
    sizes = _statistics(list(filled), chip, table.crs)["B04"]["count"]
    count = dict(zip(filled.index, sizes, strict=True))
    listed = pd.read_csv(units_folder / UNITS)
    listed["parcel_b"] = listed.parcel_b.fillna(-1).astype(int)
    x = table.geometry.centroid.x
    in_west = x <= x[listed.parcel_a].max()

    def units(pids: list[int]) -> list[tuple[int, int]]:
        pids = sorted(pid for pid in pids if count.get(pid, 0) >= _PIXELS)
        pairs = [
            (a, b)
            for number, a in enumerate(pids)
            for b in pids[number + 1 :]
            if table.AfgKode[a] != table.AfgKode[b]
            and _TIMES * min(count[a], count[b]) >= max(count[a], count[b])
            and table.geometry[a].distance(table.geometry[b]) <= _APART_M
        ]
        return [(pid, -1) for pid in pids] + pairs

    west = list(zip(listed.parcel_a.tolist(), listed.parcel_b.tolist(), strict=True))
    if set(units(list(table.index[in_west]))) != set(west):
        raise NotEnoughData(f"is not a list of the parcels of {PARCELS}", subject=units_folder)

    def measured(chosen: list[tuple[int, int]]) -> Units:
        shapes = [inner[a] if b < 0 else inner[a].union(inner[b]) for a, b in chosen]
        found = _statistics(shapes, chip, table.crs)
        columns = [
            column
            for band in WEIGHTS
            for column in features(*(found[band][name].to_numpy() for name in _STATISTICS))
        ]
        splits = [split(*read(chip, shape, table.crs)) for shape in shapes]
        return Units(
            np.stack(columns, axis=1).astype(float),
            np.array([0.0 if one is None else one.separation for one in splits]),
            np.array([b >= 0 for _, b in chosen]),
        )

    return measured(west), measured(units(list(table.index[~in_west])))


def _statistics(shapes: list[Any], chip: Path, crs: Any) -> dict[str, Any]:
    """Statistics of shapes by band, in their order."""
    import geopandas as gpd

    bands = list(WEIGHTS)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "units.gpkg"
        gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs=crs).to_file(file)
        rows = extract_table(file, [chip], id_column="id", bands=bands).table.to_pandas()
    return {band: rows[rows.band == band].reset_index() for band in bands}
