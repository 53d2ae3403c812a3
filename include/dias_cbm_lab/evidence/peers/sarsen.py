"""Terrain correction of a GRD by sarsen (Apache-2.0), https://github.com/bopen/sarsen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from dias_cbm_lab.evidence.peers.simulated_grd import SimulatedGrd


def beta0(study: SimulatedGrd, safe: Path, work: Path) -> NDArray[np.float32]:
    """beta0 of the nearest pixel at every pixel of the study's grid, linear.

    :param work: folder for the terrain model that sarsen reads, in the study's grid.
    """
    from sarsen import Sentinel1SarProduct, terrain_correction

    dem, made = work / "dem.tif", work / "gtc.tif"
    grid = study.grid
    options = {"driver": "GTiff", "count": 1, "dtype": "float64", "crs": grid.crs}
    with rasterio.open(
        dem, "w", height=grid.height, width=grid.width, transform=grid.transform, **options
    ) as dataset:
        dataset.write(study.above, 1)
    product = Sentinel1SarProduct(str(safe), "IW/VV")
    terrain_correction(product, str(dem), output_urlpath=str(made))
    with rasterio.open(made) as dataset:
        values = np.asarray(dataset.read(1), np.float32)
        # sarsen sorts the rows from south to north.
        return values[::-1] if dataset.transform.e > 0 else values
