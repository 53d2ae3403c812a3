"""Statistics of indices, and of bands in several resolutions."""

import numpy as np
import pytest
from zonal_runs import SCL_GRID, box, run, value

from dias_cbm.errors import InconsistentProduct
from dias_cbm.extraction.indices import index


def test_an_index_is_the_mean_of_pixels_not_of_bands(make_bands) -> None:
    red, nir = np.array([[1000, 2000, 0]], np.uint16), np.array([[3000, 2000, 500]], np.uint16)
    bands = make_bands({"B04": red, "B08": nir}, nodata=0, scale=1e-4)
    result = run([box(0, 0, 3, 1)], bands, indices=[index("NDVI")])
    assert result.names == ["B04", "B08", "NDVI"]
    assert value(result, "NDVI", "count") == 2  # one pixel has no red
    assert value(result, "NDVI", "mean") == pytest.approx((0.5 + 0) / 2)
    assert value(result, "B08", "count") == 3


def test_an_index_of_nothing_over_nothing_has_no_value(make_bands) -> None:
    bands = make_bands({"B04": np.array([[0, 1]], np.int16), "B08": np.array([[0, 3]], np.int16)})
    result = run([box(0, 0, 2, 1)], bands, indices=[index("NDVI")])
    assert value(result, "NDVI", "count") == 1
    assert value(result, "NDVI", "mean") == pytest.approx(0.5)


def test_the_offset_counts_in_an_index(make_bands) -> None:
    bands = make_bands(
        {"B04": np.array([[2000]], np.uint16), "B08": np.array([[4000]], np.uint16)},
        scale=1e-4,
        offset=-0.1,
    )
    result = run([box(0, 0, 1, 1)], bands, indices=[index("NDVI")])
    assert value(result, "NDVI", "mean") == pytest.approx((0.3 - 0.1) / (0.3 + 0.1))


def test_bands_of_two_resolutions_keep_their_own_pixels(make_bands) -> None:
    fine = make_bands({"B04": np.ones((4, 4), np.uint16)})
    coarse = make_bands({"B11": np.full((2, 2), 7, np.uint16)}, SCL_GRID)
    result = run([box(0, 0, 4, 4)], fine + coarse)
    assert value(result, "B04", "count") == 16
    assert value(result, "B11", "count") == 4
    assert value(result, "B11", "mean") == 7


@pytest.mark.parametrize("stripe_rows", [1, 3, 512])
@pytest.mark.parametrize("own", [True, False], ids=["own", "further"])
def test_an_index_over_two_resolutions_is_computed_on_the_finer(
    make_bands, monkeypatch: pytest.MonkeyPatch, stripe_rows: int, own: bool
) -> None:
    """NDMI, (N - S1) / (N + S1): each pixel of B08 with that of B11 which its centre lies in."""
    monkeypatch.setenv("CBM_EXTRACTION_STRIPE_ROWS", str(stripe_rows))
    infrared = np.arange(1, 17, dtype=np.uint16).reshape(4, 4)
    short_wave = np.array([[1, 2], [0, 4]], np.uint16)
    fine = make_bands({"B08": infrared}, scale=0.5)
    coarse = make_bands({"B11": short_wave}, SCL_GRID, nodata=0, scale=0.5)
    ndmi = index("NDMI")
    if own:
        result = run([box(0, 0, 4, 4)], coarse + fine, indices=[ndmi])
        assert result.names == ["B11", "B08", "NDMI"]
    else:
        result = run([box(0, 0, 4, 4)], fine, indices=[ndmi], inputs=coarse)
        assert result.names == ["B08", "NDMI"]
    spread = np.kron(short_wave, np.ones((2, 2)))
    expected = ((infrared - spread) / (infrared + spread))[spread > 0]
    assert value(result, "NDMI", "count") == 12
    assert value(result, "NDMI", "mean") == pytest.approx(expected.mean(), rel=1e-6)
    assert value(result, "NDMI", "max") == pytest.approx(expected.max(), rel=1e-6)


def test_an_index_alone_has_no_band_beside_it(make_bands) -> None:
    bands = make_bands({"VV": np.full((4, 4), 4.0), "VH": np.full((4, 4), 1.0)})
    result = run([box(0, 0, 4, 4)], [], indices=[index("VH/VV")], inputs=bands)
    assert result.names == ["VH/VV"]
    assert value(result, "VH/VV", "mean") == 0.25


def test_an_index_over_two_projections_is_refused(make_bands) -> None:
    fine = make_bands({"B04": np.ones((4, 4), np.uint16)})
    other = make_bands({"B08": np.ones((2, 2), np.uint16)}, crs="EPSG:25833")
    with pytest.raises(InconsistentProduct, match="NDVI needs B08 and B04 in one CRS"):
        run([box(0, 0, 4, 4)], fine + other, indices=[index("NDVI")])


def test_an_index_without_its_bands_is_refused(make_bands) -> None:
    with pytest.raises(InconsistentProduct, match="NDVI needs B08"):
        run(
            [box(0, 0, 4, 4)],
            make_bands({"B04": np.ones((4, 4), np.uint16)}),
            indices=[index("NDVI")],
        )
