import numpy as np
import pytest
import shapely
from pyproj import Transformer

from dias_cbm_lab.season import landscape
from dias_cbm_lab.season.crops import CONFUSABLE, CROPS, CURVES, OTHER_LAND, SHARES
from dias_cbm_lab.season.place import CORNER, PARCELS_SRID, Grid, Place

PLACE = Place.holding(2000)


@pytest.fixture(scope="module")
def land():
    return landscape.compose(PLACE, 2000, 1)


def test_exactly_so_many_parcels_all_valid_with_ids_of_their_own(land):
    assert len(land.geometry) == len(set(land.pid.tolist())) == 2000
    assert shapely.is_valid(land.geometry).all()
    assert not shapely.is_empty(land.geometry).any()


def test_sizes_are_those_of_danish_fields(land):
    hectares = shapely.area(land.geometry) / 1e4
    assert 4.0 < hectares.mean() < 5.6
    assert 1.8 < np.median(hectares) < 3.2
    # Log-normal: the logarithm is about symmetric, the sizes are not.
    logs = np.log(hectares[hectares > 0.3])
    assert abs(logs.mean() - np.median(logs)) < 0.1


def test_troublesome_shapes_are_there(land):
    holes = sum(shapely.get_num_interior_rings(g) > 0 for g in land.geometry)
    parts = shapely.get_type_id(land.geometry) == shapely.GeometryType.MULTIPOLYGON
    below_a_pixel = shapely.area(land.geometry) < 100
    # A strip has a long outline for its area.
    thin = shapely.area(land.geometry) / shapely.length(land.geometry) < 6
    assert holes >= 60
    assert parts.sum() >= 30
    assert below_a_pixel.sum() >= 5
    assert (thin & ~below_a_pixel).sum() >= 25


def test_some_parcels_overlap_but_most_do_not(land):
    tree = shapely.STRtree(land.geometry)
    one, two = tree.query(land.geometry, predicate="overlaps")
    shared = shapely.area(shapely.intersection(land.geometry[one], land.geometry[two]))
    much = shared > 0.3 * shapely.area(land.geometry[one])
    overlapping = set(one[much].tolist())
    assert 20 <= len(overlapping) <= 80


def test_the_northern_strip_holds_no_parcel(land):
    north = CORNER[1] + PLACE.side
    assert shapely.total_bounds(land.geometry)[3] < north - 1_400
    assert shapely.contains(PLACE.area, land.geometry).all()


def test_all_parcels_are_in_one_tile(land):
    # 32VNH: zone 32, 500-600 km east, 6200-6300 km north, latitude band V from 56 degrees.
    west, south, east, north = shapely.total_bounds(land.geometry)
    assert 500_000 < west < east < 600_000
    assert 6_200_000 < south < north < 6_300_000
    to_degrees = Transformer.from_crs(PARCELS_SRID, 4326, always_xy=True)
    assert to_degrees.transform(west, south)[1] > 56


def test_crops_have_their_shares(land):
    found = np.bincount(land.crop, minlength=len(CROPS)) / len(land.crop)
    assert len(CROPS) >= 8
    assert SHARES.sum() == pytest.approx(1)
    assert np.abs(found - SHARES).max() < 0.03


def test_one_in_twenty_is_declared_wrongly_half_of_them_confusably(land):
    wrong = land.wrong_declarations()
    assert len(wrong) == 100
    confusable = sum(one["declared"] in CONFUSABLE[one["true"]] for one in wrong)
    assert confusable >= 50
    by_pid = dict(zip(land.pid.tolist(), land.declared.tolist(), strict=True))
    assert all(CROPS[by_pid[one["pid"]]] == one["declared"] != one["true"] for one in wrong)


def test_every_cover_has_its_curve():
    assert set(CROPS) | set(OTHER_LAND) | {"margin"} == set(CURVES)
    assert set(CONFUSABLE) == set(CROPS)
    for curve in CURVES.values():
        days = [row[0] for row in curve]
        assert days == sorted(days)


def test_labels_follow_the_pixel_centre():
    grid = Grid(0.0, 40.0, 10.0, 4, 4)
    big, small = shapely.box(0, 0, 24, 40), shapely.box(1, 21, 14, 39)
    land = landscape.Landscape(
        pid=np.array([1, 2]),
        geometry=np.array([big, small]),
        crop=np.array([0, 1]),
        declared=np.array([0, 1]),
        other=np.array([shapely.box(20, 0, 40, 10)]),
        cover=np.array([0]),
    )
    expected = [[2, 1, 0, 0], [2, 1, 0, 0], [1, 1, 0, 0], [1, 1, 3, 3]]
    assert land.labels(grid).tolist() == expected


def test_the_same_seed_gives_the_same_land(land):
    again = landscape.compose(PLACE, 2000, 1)
    assert shapely.equals_exact(again.geometry, land.geometry).all()
    assert (again.declared == land.declared).all()
    other = landscape.compose(PLACE, 2000, 2)
    assert not (other.declared == land.declared).all()


@pytest.mark.parametrize("parcels", [100, 300, 777])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_small_places_hold_what_was_asked_for(parcels, seed):
    place = Place.holding(parcels)
    land = landscape.compose(place, parcels, seed)
    assert len(land.geometry) == parcels
    assert shapely.is_valid(land.geometry).all()
    assert shapely.contains(place.area, land.geometry).all()
    assert len(land.wrong_declarations()) == round(0.05 * parcels)
