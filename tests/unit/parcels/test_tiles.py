"""Home tiles: lettering of MGRS, names of real tiles, and the reach of their products."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.parcels.tiles import home_tiles, squares, zone


def tile_of(longitude: float, latitude: float) -> str:
    return str(home_tiles(np.array([[longitude, latitude]]), np.array([0, 1]))[0])


@pytest.mark.parametrize(
    ("longitude", "latitude", "name"),
    [
        (9.5, 56.2, "32VNH"),  # Jutland
        (12.1, 55.4, "33UUB"),  # Sealand
        (14.8, 55.1, "33UVB"),  # Bornholm
        (2.35, 48.86, "31UDQ"),  # Paris
        (11.58, 48.14, "32UPU"),  # Munich
        (-3.7, 40.4, "30TVK"),  # Madrid
        (12.5, 41.9, "33TTG"),  # Rome, in the strip of a square that is a tile
        (-6.26, 53.35, "29UPV"),  # Dublin
        (24.94, 60.17, "35VLG"),  # Helsinki
        (-58.4, -34.6, "21HUB"),  # Buenos Aires
        (151.2, -33.9, "56HLH"),  # Sydney
        (174.8, -41.3, "60GUV"),  # Wellington
    ],
)
def test_known_places(longitude: float, latitude: float, name: str) -> None:
    assert tile_of(longitude, latitude) == name


@pytest.mark.parametrize(
    ("longitude", "latitude", "number"),
    [
        (2.9, 60.0, 31),
        (3.0, 60.0, 32),
        (5.3, 60.4, 32),
        (5.3, 55.9, 31),
        (5.3, 64.0, 31),
        (8.9, 78.0, 31),
        (9.0, 78.0, 33),
        (20.9, 78.0, 33),
        (21.0, 78.0, 35),
        (33.0, 78.0, 37),
        (42.0, 78.0, 38),
        (8.9, 71.9, 32),
        (-180.0, 0.0, 1),
        (180.0, 0.0, 1),
        (179.9, 0.0, 60),
    ],
)
def test_zones_with_those_of_norway_and_svalbard(
    longitude: float, latitude: float, number: int
) -> None:
    assert zone(np.array([longitude]), np.array([latitude])).tolist() == [number]


def test_a_square_cut_by_a_band_has_one_name() -> None:
    # 56 N is the edge between U and V; the square of 32VNH begins south of it.
    assert tile_of(9.5, 55.98) == "32VNH"
    assert tile_of(35.2, 31.97) == tile_of(35.2, 32.03)


@pytest.mark.parametrize(
    ("longitude", "latitude", "name"),
    [
        (6.03, 52.3, "31UGT"),  # 32UKC is not a tile: 6 km are left of it
        (6.15, 46.2, "31TGM"),  # Geneva
        (12.2, 43.0, "32TQN"),  # 33TTH is not a tile
        (12.2, 42.3, "33TTG"),  # one square further south it is
        (6.2, 53.4, "32ULE"),
    ],
)
def test_strips_along_a_zone_belong_to_the_zone_before(
    longitude: float, latitude: float, name: str
) -> None:
    assert tile_of(longitude, latitude) == name


def test_the_corner_decides_not_the_middle() -> None:
    utm = pyproj.Transformer.from_crs(32632, 4326, always_xy=True)
    # A parcel across the corner that four squares share, its north-west corner in 32VNJ.
    x, y = (
        np.array([599_900, 600_300, 600_300, 599_900]),
        np.array([6.3e6 + d for d in (9, 9, -400, -400)]),
    )
    vertices = np.column_stack(utm.transform(x, y))
    assert home_tiles(vertices, np.array([0, 4])).tolist() == ["32VNJ"]


def _extent(name: str, epsg: int, x: float, y: float) -> shapely.Polygon:
    """The product of the tile whose square holds a point: it starts 20 m west and 40 m north."""
    west, south = x // 1e5 * 1e5, y // 1e5 * 1e5
    assert squares(np.array([[x, y]]), np.array([epsg])).tolist() == [name]
    return shapely.box(west - 20, south + 100_040 - 109_800, west - 20 + 109_800, south + 100_040)


@cache
def transformer(source: int, target: int) -> pyproj.Transformer:
    """Made once for each pair: it takes longer than the test."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


@given(
    longitude=st.floats(-10, 34),
    latitude=st.floats(35, 70),
    width=st.floats(10, 8_000),
    height=st.floats(10, 8_000),
)
def test_the_product_of_the_home_tile_holds_the_parcel_whole(
    longitude: float, latitude: float, width: float, height: float
) -> None:
    x0, y0 = transformer(4326, 3035).transform(longitude, latitude)
    ring = shapely.segmentize(shapely.box(x0, y0, x0 + width, y0 + height), 500)
    to_degrees = transformer(3035, 4326)
    vertices = np.column_stack(to_degrees.transform(*shapely.get_coordinates(ring).T))
    name = str(home_tiles(vertices, np.array([0, len(vertices)]))[0])
    epsg = 32600 + int(name[:2])
    x, y = transformer(4326, epsg).transform(*vertices.T)
    product = _extent(name, epsg, float(x.min()), float(y.max()))
    assert product.covers(shapely.multipoints(np.column_stack((x, y))))


@pytest.mark.real_data
def test_tile_names_of_real_products_match_their_grids(real_data: Path) -> None:
    """The upper left corner of a real tile's grid, 20 m east and 40 m south, is in its square."""
    seen = set()
    for path in sorted((real_data / "s2_meta").rglob("MTD_TL.xml")):
        text = path.read_text()
        found = re.search(r"T(\d\d[A-Z]{3})_", str(path))
        epsg = re.search(r"<HORIZONTAL_CS_CODE>EPSG:(\d+)<", text)
        x, y = re.search(r"<ULX>(-?\d+)</ULX>", text), re.search(r"<ULY>(-?\d+)</ULY>", text)
        assert found and epsg and x and y
        corner = np.array([[int(x[1]) + 20.0, int(y[1]) - 41.0]])
        assert squares(corner, np.array([int(epsg[1])])).tolist() == [found[1]]
        seen.add(found[1])
    assert {"46RER", "33XWJ"} <= seen
