"""The synthetic parcels: as many as asked for, valid, always the same, of the size of real ones."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from benchmarks.landscape import compose, shifted_copies

BOUNDS = (500_000.0, 6_100_000.0, 512_000.0, 6_110_000.0)


def test_exact_number_of_valid_parcels_within_bounds() -> None:
    parcels = compose(BOUNDS, 1_000, seed=3)
    assert len(parcels) == 1_000
    assert shapely.is_valid(parcels).all()
    assert not shapely.is_empty(parcels).any()
    # Strips have a width, and overlapping copies are shifted by 13 m.
    reach = shapely.box(*BOUNDS).buffer(20)
    assert shapely.covers(reach, parcels).all()


def test_the_same_seed_gives_the_same_parcels_and_another_does_not() -> None:
    once, again, other = (compose(BOUNDS, 300, seed) for seed in (1, 1, 2))
    assert shapely.to_wkb(once).tolist() == shapely.to_wkb(again).tolist()
    assert shapely.to_wkb(once).tolist() != shapely.to_wkb(other).tolist()


def test_sizes_and_oddities_are_those_of_a_declaration() -> None:
    parcels = compose(BOUNDS, 1_500, seed=1)
    hectares = shapely.area(parcels) / 1e4
    assert 3.5 < hectares.mean() < 5.5
    assert 1.5 < np.median(hectares) < 3.2
    assert 0.015 < (shapely.get_type_id(parcels) == 6).mean() < 0.035
    rings = shapely.get_num_interior_rings(parcels[shapely.get_type_id(parcels) == 3])
    assert 0.02 < (rings > 0).mean() < 0.06
    tree = shapely.STRtree(parcels)
    left, right = tree.query(parcels, predicate="overlaps")
    assert (left != right).any()


def test_more_parcels_than_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        compose((0, 0, 2_000, 2_000), 5_000, seed=1)


def test_shifted_copies_come_in_order_and_stay_whole() -> None:
    one = shapely.points([[0.0, 0.0], [10.0, 5.0]])
    moved = shapely.get_coordinates(shifted_copies(one, 5))
    assert moved.tolist() == [[0, 0], [10, 5], [7, 7], [17, 12], [14, 14]]
