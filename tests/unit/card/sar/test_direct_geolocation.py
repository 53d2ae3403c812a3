"""Direct geolocation against ESA's own geolocation grid, on real annotation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, read_annotation
from dias_cbm.card.sar.direct_geolocation import geodetic, places_at
from dias_cbm.card.sar.geometry import to_earth_fixed
from dias_cbm.card.sar.orbit import orbit_of


@pytest.mark.real_data
@pytest.mark.parametrize("swath", ["iw1", "iw2"])
def test_places_are_those_that_esa_annotates(real_data: Path, swath: str) -> None:
    for file in sorted(real_data.glob(f"s1/eo_tools_pair/*/annotation/*-{swath}-slc-vv-*.xml")):
        image = read_annotation(file)
        grid, orbit = image.grid, orbit_of(image)
        ranges = grid.slant_range_time * SPEED_OF_LIGHT / 2
        rows = zip(grid.azimuth_time, ranges, grid.height, strict=True)
        points = np.concatenate([places_at(orbit, *np.array([row]).T)[0] for row in rows])
        theirs = to_earth_fixed(grid.longitude, grid.latitude, grid.height)
        # A hundredth of a line is 14 cm.
        assert np.linalg.norm(points - theirs, axis=1).max() < 0.2
        longitude, latitude = geodetic(points)
        assert np.abs(longitude - grid.longitude).max() < 3e-6
        assert np.abs(latitude - grid.latitude).max() < 3e-6
