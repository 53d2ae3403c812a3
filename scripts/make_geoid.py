"""Make ``include/dias_cbm/card/sar/egm96.tif``: the EGM96 geoid every half degree.

EGM96 was published by NIMA and NASA in 1998 and is in the public domain. The input is any raster
of its undulation over the whole globe, in EPSG:4326 and metres, such as the 15' grid that the
package ``gdar-sar`` carries as ``gdar/io/geoid_height_grid_EGM96.tif``:

    python scripts/make_geoid.py geoid_height_grid_EGM96.tif
"""

import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

OUTPUT = Path(__file__).resolve().parents[1] / "include" / "dias_cbm" / "card" / "sar" / "egm96.tif"
STEP = 0.5
CENTIMETRES = 100


def main(source: Path) -> None:
    """Sample the undulation at the nodes and store it in whole centimetres."""
    longitudes = -180 + STEP * np.arange(round(360 / STEP) + 1)
    latitudes = 90 - STEP * np.arange(round(180 / STEP) + 1)
    with rasterio.open(source) as dataset:
        values = dataset.read(1)
        columns = np.rint((longitudes - dataset.transform.c) / dataset.transform.a - 0.5)
        rows = np.rint((latitudes - dataset.transform.f) / dataset.transform.e - 0.5)
    nodes = values[np.ix_(rows.astype(int), columns.astype(int))]
    if not np.isfinite(nodes).all():
        sys.exit(f"{source} has holes")
    with rasterio.open(
        OUTPUT,
        "w",
        driver="GTiff",
        width=len(longitudes),
        height=len(latitudes),
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=from_origin(-180 - STEP / 2, 90 + STEP / 2, STEP, STEP),
        compress="deflate",
        predictor=2,
        zlevel=9,
    ) as dataset:
        dataset.write(np.rint(nodes * CENTIMETRES).astype(np.int16), 1)
        dataset.update_tags(
            SOURCE="EGM96 (NIMA, NASA 1998), public domain", UNIT="cm above the WGS 84 ellipsoid"
        )
    print(f"{OUTPUT}: {OUTPUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
