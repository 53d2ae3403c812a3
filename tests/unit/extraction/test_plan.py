"""Which pieces of a raster are read, and how large."""

import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from dias_cbm.extraction.plan import Stripe, Window, plan
from dias_cbm.extraction.spans import Spans, build_spans
from dias_cbm.geometry import flatten
from dias_cbm.products.open import Grid

UNIT = Affine(1, 0, 0, 0, -1, 0)
GRID = Grid(CRS.from_epsg(25832), UNIT, 1000, 800)


def spans(*boxes: tuple[int, int, int, int]) -> Spans:
    """Parcels given as left, top, right, bottom in pixels."""
    parcels = [shapely.box(a, -d, c, -b) for a, b, c, d in boxes]
    return build_spans(flatten(parcels), UNIT, GRID.width, GRID.height)


def test_only_tiles_that_hold_spans_are_read() -> None:
    found = plan(spans((10, 10, 20, 20), (500, 30, 530, 90)), GRID, (64, 64), 64)
    assert found == [
        Stripe(0, 64, (Window(0, 64, 0, 64), Window(0, 64, 448, 576))),
        Stripe(64, 128, (Window(64, 128, 448, 576),)),
    ]


def test_rows_without_parcels_are_left_out() -> None:
    found = plan(spans((0, 0, 5, 5), (0, 650, 5, 655)), GRID, (64, 64), 64)
    assert [(stripe.first, stripe.end) for stripe in found] == [(0, 64), (640, 704)]


def test_the_last_stripe_and_run_end_with_the_raster() -> None:
    (stripe,) = plan(spans((990, 790, 1000, 800)), GRID, (64, 64), 100)
    assert stripe == Stripe(768, 800, (Window(768, 800, 960, 1000),))


def test_windows_are_whole_tiles_and_no_wider_than_a_cache_holds() -> None:
    grid = Grid(CRS.from_epsg(25832), UNIT, 5000, 800)
    row = build_spans(flatten([shapely.box(300, -9, 4800, -4)]), UNIT, grid.width, grid.height)
    (stripe,) = plan(row, grid, (300, 300), 300)
    edges = [(window.left, window.right) for window in stripe.windows]
    assert edges == [(300, 1200), (1200, 2100), (2100, 3000), (3000, 3900), (3900, 4800)]
    (stripe,) = plan(row, grid, (2048, 2048), 300)
    assert [window.right for window in stripe.windows] == [2048, 4096, 5000]


def test_a_raster_of_lines_is_read_in_one_range_of_columns() -> None:
    (stripe,) = plan(spans((300, 3, 310, 5), (700, 3, 720, 5)), GRID, (1, 1000), 40)
    assert stripe == Stripe(0, 40, (Window(0, 40, 256, 768),))


@pytest.mark.parametrize(
    ("block_rows", "stripe_rows", "height"),
    [(64, 100, 128), (3, 100, 102), (150, 100, 150), (800, 100, 100)],
)
def test_stripes_are_whole_blocks_unless_those_are_far_taller(
    block_rows: int, stripe_rows: int, height: int
) -> None:
    (stripe,) = plan(spans((0, 0, 5, 5)), GRID, (block_rows, 500), stripe_rows)
    assert (stripe.first, stripe.end) == (0, height)


@pytest.mark.parametrize(
    ("block_rows", "stripe_rows", "height"),
    [(1, 256, 48), (1, 20, 20), (5, 256, 50), (300, 256, 300), (800, 256, 256)],
)
def test_whole_rows_are_read_fewer_at_a_time(
    block_rows: int, stripe_rows: int, height: int
) -> None:
    (stripe,) = plan(spans((0, 0, 5, 5)), GRID, (block_rows, GRID.width), stripe_rows)
    assert (stripe.first, stripe.end) == (0, height)


def test_no_spans_no_stripes() -> None:
    assert plan(spans(), GRID, (64, 64), 64) == []
