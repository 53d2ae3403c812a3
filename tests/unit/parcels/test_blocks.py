"""Cutting the parcels of a season into blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.parcels.blocks import BLOCK_PARCELS, cut


def test_a_tile_begins_a_block_and_blocks_hold_992() -> None:
    tiles = np.array(["32VNH"] * 993 + ["32VNG"] * 2)
    centres = np.column_stack((np.linspace(9, 10, 995), np.full(995, 56.0)))
    slots = cut(tiles, centres)
    assert slots.blk.dtype == np.int32
    assert slots.pos.dtype == np.int16
    # 32VNG is block 1, as tiles are numbered by name.
    assert slots.blk[-2:].tolist() == [1, 1]
    assert np.bincount(slots.blk).tolist() == [0, 2, 992, 1]
    assert sorted(slots.pos[slots.blk == 2]) == list(range(1, 993))


def test_no_parcels_no_blocks() -> None:
    assert len(cut(np.array([], dtype="<U5"), np.empty((0, 2))).blk) == 0


def test_one_parcel_is_a_block() -> None:
    slots = cut(np.array(["32VNH"]), np.array([[9.0, 56.0]]))
    assert (slots.blk.tolist(), slots.pos.tolist()) == ([1], [1])


def test_neighbours_share_a_block() -> None:
    """Blocks along the curve are compact: far smaller than strips or random sets."""
    rng = np.random.default_rng(1)
    centres = rng.uniform((9, 56), (10, 57), (20 * BLOCK_PARCELS, 2))
    slots = cut(np.full(len(centres), "32VNH"), centres)
    areas = [np.prod(np.ptp(centres[slots.blk == number], axis=0)) for number in range(1, 21)]
    assert np.mean(areas) < 0.2


def test_a_curve_visits_the_quarters_one_after_another() -> None:
    grid = np.array([(x, y) for x in range(4) for y in range(4)], dtype=float)
    slots = cut(np.full(16, "32VNH"), grid)
    path = grid[np.argsort(slots.pos)]
    steps = np.abs(np.diff(path, axis=0)).sum(axis=1)
    assert steps.tolist() == [1.0] * 15


@given(
    numbers=st.lists(st.integers(0, 3), min_size=1, max_size=3000),
    seed=st.integers(0, 100),
)
def test_every_parcel_has_a_place_of_its_own(numbers: list[int], seed: int) -> None:
    tiles = np.array([f"32VN{'GHJK'[number]}" for number in numbers])
    centres = np.random.default_rng(seed).uniform(0, 1, (len(tiles), 2))
    slots = cut(tiles, centres)
    places = set(zip(slots.blk.tolist(), slots.pos.tolist(), strict=True))
    assert len(places) == len(tiles)
    assert slots.pos.min() == 1
    assert slots.pos.max() <= BLOCK_PARCELS
    assert set(slots.blk.tolist()) == set(range(1, slots.blk.max() + 1))
    for block in range(1, slots.blk.max() + 1):
        assert len(set(tiles[slots.blk == block])) == 1
    again = cut(tiles, centres)
    assert again.blk.tolist() == slots.blk.tolist()
    assert again.pos.tolist() == slots.pos.tolist()


@pytest.mark.parametrize("count", [991, 992, 993, 1984])
def test_full_blocks_come_first(count: int) -> None:
    centres = np.random.default_rng(1).uniform(0, 1, (count, 2))
    sizes = np.bincount(cut(np.full(count, "32VNH"), centres).blk)[1:]
    assert sizes.tolist() == [992] * (count // 992) + ([count % 992] if count % 992 else [])
