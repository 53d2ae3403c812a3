"""Statistics over the pixels of some scene classes, and histograms of the classes."""

import numpy as np
import pytest
from zonal_runs import CRS, SCL_GRID, box, run, value

from dias_cbm.errors import InconsistentProduct
from dias_cbm.extraction.stream import ClearMask, histogram
from dias_cbm.geometry import flatten

SCL = np.array([[4, 9], [5, 3]], np.uint8)


@pytest.mark.parametrize("stripe_rows", [1, 2, 3, 512])
def test_each_pixel_has_the_class_that_its_centre_lies_in(
    make_bands, monkeypatch: pytest.MonkeyPatch, stripe_rows: int
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_STRIPE_ROWS", str(stripe_rows))
    pixels = np.arange(16, dtype=np.float32).reshape(4, 4)
    (scl,) = make_bands({"SCL": SCL}, SCL_GRID)
    result = run(
        [box(0, 0, 4, 4), box(1, 1, 3, 3)],
        make_bands({"B04": pixels}),
        mask=ClearMask(scl, (4, 5)),
    )
    assert value(result, "B04", "count", 0) == 8
    assert value(result, "B04", "mean", 0) == pytest.approx(np.mean([0, 1, 4, 5, 8, 9, 12, 13]))
    assert value(result, "B04", "count", 1) == 2
    assert value(result, "B04", "mean", 1) == pytest.approx((5 + 9) / 2)


def test_a_classification_that_ends_before_the_band_leaves_the_rest_unclear(make_bands) -> None:
    (scl,) = make_bands({"SCL": np.full((1, 1), 4, np.uint8)}, SCL_GRID)
    bands = make_bands({"B04": np.ones((4, 4), np.float32)})
    result = run([box(0, 0, 4, 4)], bands, mask=ClearMask(scl, (4,)))
    assert value(result, "B04", "count") == 4


def test_a_classification_in_another_crs_is_refused(make_bands) -> None:
    (scl,) = make_bands({"SCL": SCL}, SCL_GRID, crs="EPSG:25833")
    bands = make_bands({"B04": np.ones((4, 4), np.float32)})
    with pytest.raises(InconsistentProduct, match="25833"):
        run([box(0, 0, 4, 4)], bands, mask=ClearMask(scl, (4,)))


def test_the_histogram_counts_on_the_classification_s_own_grid(make_bands) -> None:
    (scl,) = make_bands({"SCL": SCL}, SCL_GRID)
    parcels = [box(0, 0, 4, 4), box(0, 0, 2, 4), box(0.1, 0.1, 0.9, 0.9), box(90, 90, 99, 99)]
    counts, inside = histogram(flatten(parcels), CRS, scl)
    assert {c: n for c, n in enumerate(counts[0].tolist()) if n} == {3: 1, 4: 1, 5: 1, 9: 1}
    assert {c: n for c, n in enumerate(counts[1].tolist()) if n} == {4: 1, 5: 1}
    assert counts[2:].sum() == 0
    assert inside.tolist() == [True, True, True, False]


def test_a_histogram_of_what_is_no_class_is_refused(make_bands) -> None:
    (scl,) = make_bands({"SCL": np.full((2, 2), 77, np.uint8)}, SCL_GRID)
    with pytest.raises(InconsistentProduct, match="not a class"):
        histogram(flatten([box(0, 0, 4, 4)]), CRS, scl)
