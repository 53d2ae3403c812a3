"""The highest ground on Earth, 8,849 m, is where it is seen, and not beyond what is looked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.crs import CRS
from simulated_grd import simulate

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, read_annotation
from dias_cbm.card.sar.bursts import BurstPair
from dias_cbm.card.sar.coregistered_burst import burst_position, registration_of
from dias_cbm.card.sar.coregistration import TOLERANCE
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.direct_geolocation import geodetic, places_at
from dias_cbm.card.sar.geocode import BurstImage, blocks_of, blocks_under
from dias_cbm.card.sar.geocoding_nodes import Lattice
from dias_cbm.card.sar.geometry import to_earth_fixed, zero_doppler
from dias_cbm.card.sar.grd_image import GrdImage
from dias_cbm.card.sar.grid import aligned_grid
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.card.sar.pair import Side, SwathPair
from dias_cbm.card.sar.safe import opened_safe
from dias_cbm.card.sar.terrain_correction import GrdScene, write_blocks
from dias_cbm.products.model import Grid
from dias_cbm.vertical_datum import VerticalDatum

HIGHEST = 8849.0


def test_an_image_of_the_highest_ground_is_filled(tmp_path: Path) -> None:
    lines, samples = 160, 200
    scene = simulate(tmp_path, lines, samples, looks=None, raised=HIGHEST - 200)
    with rasterio.open(scene.dem) as model:
        west, south, east, north = model.bounds
    grid = aligned_grid(np.array([west, east]), np.array([south, north]), 10.0, 0.0)
    with (
        opened_safe(scene.safe, tmp_path) as safe,
        GrdImage(safe, safe.images[0]) as image,
        Dem(scene.dem, VerticalDatum.ELLIPSOID) as dem,
    ):
        made = GrdScene((image,), Lattice(grid, orbit_of(image.annotation), dem))
        write_blocks(made, Nowhere(), 64)
    assert made.counts.valid > 0.9 * lines * samples


class Nowhere:
    """Where products are written that nobody reads."""

    def write(self, *_: object) -> None:
        """Leave it."""


@pytest.mark.real_data
def test_the_far_edge_of_a_burst_is_looked_for_on_the_highest_ground(
    real_data: Path, tmp_path: Path
) -> None:
    file = next(real_data.glob("s1/eo_tools_pair/*20230904*/annotation/*-iw2-slc-vv-*.xml"))
    image = read_annotation(file)
    orbit, burst = orbit_of(image), BurstImage(image, 4)
    time = burst.time + image.lines_per_burst / 2 * image.line_interval
    far = image.slant_range_time + (image.samples - 100) / image.range_sampling_rate
    place = places_at(orbit, np.array([time]), np.array([far * SPEED_OF_LIGHT / 2]), HIGHEST)
    longitude, latitude = (float(one.squeeze()) for one in geodetic(place))
    crs = CRS.from_epsg(3857)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(longitude, latitude)
    model = tmp_path / "dem.tif"
    profile = {"driver": "GTiff", "width": 9, "height": 9, "count": 1, "dtype": "float32"}
    around = Affine(0.1, 0, longitude - 0.45, 0, -0.1, latitude + 0.45)
    with rasterio.open(model, "w", **profile, crs="EPSG:4326", transform=around) as dataset:
        dataset.write(np.full((1, 9, 9), HIGHEST, np.float32))
    # The place is in the middle of a grid of one block.
    grid = Grid(crs, Affine(20, 0, x - 200, 0, -20, y + 200), 20, 20)
    with Dem(model, VerticalDatum.ELLIPSOID) as dem:
        lattice = Lattice(grid, orbit, dem)
        found, _ = blocks_under(burst, lattice, blocks_of(lattice))
        nodes = lattice.nodes(0, 0, 20, 20)
    assert [(block.row, block.column) for block in found] == [(0, 0)]
    # Times and ranges are interpolated from lower heights.
    height = np.full(nodes.longitude.shape, HIGHEST)
    exact = zero_doppler(orbit, to_earth_fixed(nodes.longitude, nodes.latitude, height))
    for value, truth, allowed in zip(nodes.at(HIGHEST), exact, (1e-7, 0.1), strict=True):
        assert np.abs(value - truth).max() < allowed


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["iw1", "iw2"])
def test_a_pair_is_registered_on_the_highest_ground(real_data: Path, name: str) -> None:
    files = sorted(real_data.glob(f"s1/eo_tools_pair/*/annotation/*-{name}-slc-vv-*.xml"))
    one, other = (Side(image := read_annotation(file), orbit_of(image), ()) for file in files)
    bursts, image = BurstPair(4, 4), one.annotation
    line, sample = np.linspace(0, image.lines_per_burst, 5), np.linspace(0, image.samples, 9)
    times = image.bursts[bursts.reference].azimuth_time + line * image.line_interval
    delays = image.slant_range_time + sample / image.range_sampling_rate
    ranges = delays * SPEED_OF_LIGHT / 2
    points = places_at(one.orbit, times, ranges, HIGHEST)
    there = burst_position(other, bursts.secondary, points)
    registration = registration_of(SwathPair(one, other, (bursts,)), bursts)
    found = registration.at(line[:, None], sample, np.array(HIGHEST))
    off = np.abs(found - np.stack([*there[:2], there[2] - ranges])).max(axis=(1, 2))
    assert (off < TOLERANCE).all()
