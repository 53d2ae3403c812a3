"""A real image of high ground, 1,862 m, against Sen2Cor's product of the same image.

Sen2Cor also corrects slopes and adjacency, which shows in the infrared; green and red of the
vegetation are little changed by it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from dias_cbm.card.optical.tables import Atmosphere, Geometry, tables

#: Sun of 3 July 2017, 10:20 UTC, at 46.07 N 10.04 E; the view is not in the files.
DIRECTION = Geometry(np.array(26.5), np.array(6.0), np.array(90.0))
#: Number of the band in both files.
BANDS = {"B03": 3, "B04": 4}
VEGETATION = 4


@pytest.fixture
def medians(real_data: Path) -> dict[float, dict[str, float]]:
    """By altitude, the median difference from Sen2Cor over vegetation."""
    folder = real_data / "real_images" / "sen2r_toa_boa"
    images = []
    for name in ("TOA", "BOA", "SCL"):
        with rasterio.open(next(folder.glob(f"*_{name}_*.tif"))) as dataset:
            images.append(dataset.read())
    sensed, sen2cor, classes = images
    seen = np.kron(classes[0], np.ones((2, 2))) == VEGETATION
    found: dict[float, dict[str, float]] = {}
    for altitude in (0.0, 1.862):
        air = Atmosphere(aot=0.1, water=0.8, altitude=altitude)
        for band, number in BANDS.items():
            ours = tables().correction(band, DIRECTION, air).surface(sensed[number - 1] / 1e4)
            difference = np.median((ours - sen2cor[number - 1] / 1e4)[seen])
            found.setdefault(altitude, {})[band] = float(difference)
    return found


def test_its_altitude_brings_green_and_red_to_sen2cors(
    medians: dict[float, dict[str, float]],
) -> None:
    assert abs(medians[1.862]["B03"]) < 0.003
    assert abs(medians[1.862]["B04"]) < 0.003
    assert medians[0.0]["B03"] < -0.006
    assert medians[0.0]["B04"] < -0.004
