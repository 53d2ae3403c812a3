"""Layover, shadow, incidence and terrain flattening, on ridges whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from simulated_ridge import GAMMA0, UTM, Ridge

from dias_cbm.card.sar.backscatter import make_backscatter
from dias_cbm.card.sar.layover_shadow import LAYOVER, SHADOW, find
from dias_cbm.card.sar.look import Look
from dias_cbm.products.open import open_product
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.products.terrain_layers import INCIDENCE, MASK, SEEN
from dias_cbm.products.validate import validate
from dias_cbm.vertical_datum import VerticalDatum

Floats = NDArray[np.float64]

ANGLE = np.radians(37.0)
TALL, PIXEL = 200.0, 10.0
#: Of the crest in the profile below.
CREST = 100


class Files(NamedTuple):
    ridge: Ridge
    safe: Path
    dem: Path


def look(towards: int = 1) -> Look:
    """Away from the satellite is east, or west."""
    even = np.ones((2, 20))
    return Look((0, 0), 8.5e5 * even, np.cos(ANGLE) * even, 0 * even, 0 * even, towards * 6 * even)


def profile(front: float, back: float) -> tuple[Floats, NDArray[np.float32]]:
    """Distance from the crest, and heights of some equal rows, with a margin of 5 pixels."""
    x = (np.arange(220) - CREST) * PIXEL
    slope = np.where(x < 0, -np.tan(np.radians(front)), np.tan(np.radians(back)))
    heights = np.clip(TALL - x * slope, 0, None).astype(np.float32)
    return x[5:-5], np.tile(heights, (14, 1))


def extent(x: Floats, mask: NDArray[np.uint8], bit: int) -> tuple[float, float]:
    found = x[(mask[2] & bit) > 0]
    return float(found.min()), float(found.max())


def test_layover_and_shadow_of_a_steep_ridge_reach_as_far_as_computed_by_hand() -> None:
    front, back = np.radians([60.0, 65.0])
    x, heights = profile(60, 65)
    mask = find(look(), heights, (5, 5), 5, PIXEL)
    begin, end = extent(x, mask, LAYOVER)
    # Flat ground that is as far as the crest; and ground behind it that is as far as the foot.
    assert begin == pytest.approx(-TALL / np.tan(ANGLE), abs=1.2 * PIXEL)
    behind = TALL * (np.cos(ANGLE) - np.sin(ANGLE) / np.tan(front))
    behind /= np.sin(ANGLE) + np.tan(back) * np.cos(ANGLE)
    assert end == pytest.approx(behind, abs=1.2 * PIXEL)
    begin, end = extent(x, mask, SHADOW)
    assert begin == pytest.approx(0, abs=1.2 * PIXEL)
    assert end == pytest.approx(TALL * np.tan(ANGLE), abs=1.2 * PIXEL)
    assert (mask[2][(x < -300) | (x > 200)] == SEEN).all()


def test_from_the_other_side_front_and_back_change_places() -> None:
    x, heights = profile(30, 50)
    mask = find(look(), heights, (5, 5), 5, PIXEL)
    assert not ((mask & (LAYOVER | SHADOW)) > 0).any()
    other = find(look(-1), heights, (5, 5), 5, PIXEL)
    begin, end = extent(x, other, LAYOVER)
    assert end == pytest.approx(TALL / np.tan(ANGLE), abs=1.2 * PIXEL)
    assert begin < 0


def test_pixels_without_a_height_are_no_data() -> None:
    _, heights = profile(60, 65)
    heights[8, 20] = np.nan
    mask = find(look(), heights, (5, 5), 5, PIXEL)
    assert mask[3, 15] == 0
    assert (mask == 0).sum() == 1


def make(files: Files, target: Path, **options: Any) -> MadeProduct:
    chosen = {"dem": files.dem, "datum": VerticalDatum.ELLIPSOID} | options
    return make_backscatter(files.safe, orbit=None, target=target, **chosen)


@pytest.fixture(scope="module", params=[False, True], ids=["descending", "ascending"])
def gentle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files:
    ridge = Ridge(15, 20, ascending=request.param)
    return Files(ridge, *ridge.write(tmp_path_factory.mktemp("gentle")))


def read(path: Path, name: str) -> tuple[Floats, Floats, Floats]:
    """Values, longitude and latitude of a layer's pixels that have data."""
    product = open_product(path)
    validate(product)
    band = product.bands.get(name) or product.terrain_mask
    file = next(path.rglob(f"{name}.img")) if name == INCIDENCE else band and band.path
    with rasterio.open(file) as dataset:
        values = dataset.read(1 if band is None or name == INCIDENCE else band.index)
        rows, columns = np.nonzero(values)
        x, y = dataset.transform @ (columns + 0.5, rows + 0.5)
    longitude, latitude = UTM.transform(x, y, direction="INVERSE")
    return values[rows, columns], longitude, latitude


def zones(ridge: Ridge, longitude: Floats, latitude: Floats) -> dict[str, NDArray[np.bool_]]:
    """Flat land and both slopes, without the bends between them."""
    x, (begin, end) = ridge.across(longitude, latitude), ridge.feet
    return {
        "before": x < begin - 50,
        "front": (x > begin + 50) & (x < -50),
        "back": (x > 50) & (x < end - 50),
        "behind": x > end + 50,
    }


def test_even_ground_is_flat_after_flattening_and_only_then(gentle: Files, tmp_path: Path) -> None:
    plain = make(gentle, tmp_path / "plain")
    flat = make(gentle, tmp_path / "flat", flattening=True)
    assert (plain.provenance["gamma0"], flat.provenance["gamma0"]) == ("ellipsoid", "terrain")
    assert plain.provenance["pixels"]["valid"] == flat.provenance["pixels"]["valid"]
    values, *place = read(plain.path, "VV")
    means = {name: values[zone].mean() for name, zone in zones(gentle.ridge, *place).items()}
    assert means["front"] > 1.7 * GAMMA0 > 0.6 * GAMMA0 > means["back"]
    for polarisation in ("VV", "VH"):
        values, *place = read(flat.path, polarisation)
        # Beside the image there is ground whose light falls into its last pixels.
        for zone in zones(gentle.ridge, *place).values():
            assert zone.sum() > 1_000
            assert values[zone].mean() == pytest.approx(GAMMA0, rel=0.01)
            assert np.abs(values[zone] / GAMMA0 - 1).max() < 0.08


def test_incidence_is_that_of_the_slopes(gentle: Files, tmp_path: Path) -> None:
    made = make(gentle, tmp_path, layers=("mask", "incidence"))
    values, *place = read(made.path, INCIDENCE)
    truth = np.degrees(gentle.ridge.incidence(*place) - gentle.ridge.slopes(*place))
    for zone in zones(gentle.ridge, *place).values():
        assert np.abs(values - truth)[zone].max() < 0.05
    mask, *_ = read(made.path, MASK)
    assert (mask == SEEN).all()
    assert len(mask) == len(values) == made.provenance["pixels"]["valid"]
    assert made.provenance["pixels"]["layover"] == made.provenance["pixels"]["shadow"] == 0
    assert made.provenance["layers"] == ["mask", "incidence"]


@pytest.mark.parametrize("cog", [False, True])
def test_a_steep_ridge_is_marked_where_it_lies(gentle: Files, tmp_path: Path, cog: bool) -> None:
    steep = Ridge(60, 65, ascending=gentle.ridge.ascending)
    dem = steep.write_dem(tmp_path / "steep.tif")
    made = make(gentle, tmp_path / "out", dem=dem, layers=("mask",), cog=cog, flattening=not cog)
    mask, *place = read(made.path, MASK)
    assert set(open_product(made.path).bands) == {"VV", "VH"}
    x, angle = steep.across(*place), float(steep.incidence(*place).mean())
    layover, shadow = x[(mask.astype(int) & LAYOVER) > 0], x[(mask.astype(int) & SHADOW) > 0]
    assert layover.min() == pytest.approx(-150 / np.tan(angle), abs=15)
    assert shadow.max() == pytest.approx(150 * np.tan(angle), abs=15)
    assert made.provenance["pixels"]["layover"] == len(layover) > 1_000
    assert made.provenance["pixels"]["shadow"] == len(shadow) > 1_000
    x = steep.across(*read(made.path, "VV")[1:])
    hidden = (x > 50) & (x < 90)
    # What lies in shadow has no area to divide by.
    assert hidden.any() == cog


def test_flattening_does_not_depend_on_blocks(gentle: Files, tmp_path: Path) -> None:
    options = {"flattening": True, "layers": ("mask", "incidence")}
    one, other = (
        make(gentle, tmp_path / str(tile), tile=tile, threads=threads, **options)
        for tile, threads in ((1024, 1), (77, 2))
    )
    assert one.provenance["pixels"] == other.provenance["pixels"]
    for name in ("VV", MASK):
        np.testing.assert_allclose(read(one.path, name)[0], read(other.path, name)[0], rtol=1e-6)
