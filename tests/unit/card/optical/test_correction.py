"""Parts of the correction: aerosol and water of the image, coefficients between nodes, numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS

from dias_cbm.card.optical.estimate import estimated
from dias_cbm.card.optical.l2a import stored
from dias_cbm.card.optical.spread import Spread
from dias_cbm.card.optical.tables import Atmosphere, Correction, Geometry, tables
from dias_cbm.products.model import Grid


def test_aerosol_and_water_told_by_the_image() -> None:
    truth = Atmosphere(aot=0.34, water=2.4)
    direction = Geometry(np.array(40.0), np.array(6.0), np.array(100.0))
    geometry = dict.fromkeys(("B02", "B04", "B8A", "B09", "B12"), direction)
    short = np.linspace(0.03, 0.08, 400).reshape(20, 20)
    surface = {"B12": short, "B04": short / 2, "B02": short / 4}
    surface |= {"B8A": np.full((20, 20), 0.4), "B09": np.full((20, 20), 0.4)}
    bands = {}
    for band, values in surface.items():
        found = tables().correction(band, direction, truth)
        bands[band] = np.asarray((values / (1 - found.xc * values) + found.xb) / found.xa, "f4")
    unknown = replace(truth, aot=np.nan, water=np.nan)
    clear = np.ones((20, 20), bool)
    found = estimated(tables(), geometry, bands, clear, unknown)
    assert found.atmosphere.aot == pytest.approx(0.34, abs=0.01)
    assert found.atmosphere.water == pytest.approx(2.4, abs=0.1)
    assert (found.aot_from, found.water_from) == ("image", "image")
    # Under clouds there is nothing to see, and what was given is believed.
    blind = estimated(tables(), geometry, bands, ~clear, unknown)
    assert (blind.aot_from, blind.water_from) == ("default", "default")
    given = estimated(tables(), geometry, bands, clear, replace(unknown, aot=0.1))
    assert (given.atmosphere.aot, given.aot_from, given.water_from) == (0.1, "settings", "image")


def test_stored_numbers() -> None:
    values = np.array([[0.2, -0.05, -0.2, 7.0, 0.3, 0.3]], np.float32)
    numbers = np.array([[3000, 500, 1, 65_534, 0, 65_535]], np.uint16)
    # (DN - 1000) / 10000; 0 and 65535 are kept for what they mean.
    assert stored(values, numbers).tolist() == [[3000, 500, 1, 65_534, 0, 65_535]]


def test_between_nodes_coefficients_are_bilinear() -> None:
    rows, columns = np.mgrid[0:3, 0:4].astype(float)
    correction = Correction(1 + rows, 0.01 * columns, np.zeros((3, 4)))
    grid = Grid(CRS.from_epsg(32632), Affine(10, 0, 0, 0, -10, 0), 35, 25)
    spread = Spread.of(correction, 100.0, grid, -1000, 10_000)
    numbers = np.full((5, 32), 4000, np.uint16)
    found = spread.surface(numbers, 10, 3)
    # Pixel centres lie half a pixel on; beyond the last node its value goes on.
    down = np.minimum((np.arange(10, 15) + 0.5) / 10, 2)[:, None]
    across = np.minimum((np.arange(3, 35) + 0.5) / 10, 3)[None]
    np.testing.assert_allclose(found, (1 + down) * 0.3 - 0.01 * across, rtol=1e-5)
