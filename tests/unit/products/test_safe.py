"""Sentinel-2 L2A: which files, and what the stored numbers mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from card_products import L2A_NAME, TRANSFORM_10M, UTM32, l2a_xml, write_l2a, write_raster

from dias_cbm.errors import CorruptProduct, InconsistentProduct, NoOverlap
from dias_cbm.extraction.indices import parse_indices
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.stream import ClearMask, histogram, zonal
from dias_cbm.geometry import flatten
from dias_cbm.products.open import open_product
from dias_cbm.products.overlap import limited
from dias_cbm.products.readers.safe import read_metadata
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Cause, Kind

DN = np.arange(1, 65).reshape(8, 8) * 100
SCL = np.full((4, 4), 4)


def test_reflectance_from_the_metadata(tmp_path: Path) -> None:
    xml = l2a_xml(quantification=10000, offsets={2: -500, 3: -1000, 7: 0})
    product = open_product(write_l2a(tmp_path, {"B03": DN, "B04": DN, "B08": DN}, SCL, xml=xml))
    assert product.kind is Kind.S2_L2A
    assert sorted(product.bands) == ["B03", "B04", "B08"]
    # (2500 - 1000) / 10000, (2500 - 500) / 10000, and B08 as it is.
    expected = {"B04": 0.15, "B03": 0.20, "B08": 0.25}
    for name, reflectance in expected.items():
        band = product.bands[name]
        assert 2500 * band.scale + band.offset == pytest.approx(reflectance, abs=1e-12)
        assert band.nodata == 0


def test_pixels_and_grids_are_those_of_the_files(tmp_path: Path) -> None:
    product = open_product(write_l2a(tmp_path, {"B04": DN, "B08": DN}, SCL, xml=l2a_xml()))
    band = product.bands["B04"]
    with rasterio.open(band.path) as dataset:
        np.testing.assert_array_equal(dataset.read(band.index), DN)
    assert (band.grid.width, band.grid.transform.a, band.dtype) == (8, 10, "uint16")
    assert product.scl is not None
    assert (product.scl.grid.width, product.scl.grid.transform.a) == (4, 20)
    assert product.scl.grid.bounds == band.grid.bounds == (500000, 6299920, 500080, 6300000)
    assert (product.scl.scale, product.scl.offset) == (1, 0)


def test_finest_resolution_of_a_band_is_taken(tmp_path: Path) -> None:
    path = write_l2a(tmp_path, {"B04": DN, "B08": DN}, SCL, xml=l2a_xml())
    fine = next(path.rglob("*_B04_10m.jp2"))
    coarse = fine.parents[1] / "R20m" / "T32VNH_20180511T103021_B04_20m.jp2"
    coarse.write_bytes(next(path.rglob("*_SCL_20m.jp2")).read_bytes())
    assert open_product(path).bands["B04"].path == str(fine)


@pytest.mark.parametrize("name", ["MTD_MSIL2A.xml", "MTD_MSIL2a.xml", "mtd_msil2a.XML"])
def test_any_spelling_of_the_metadata_file(tmp_path: Path, name: str) -> None:
    xml = l2a_xml(offsets={3: -1000})
    path = write_l2a(tmp_path, {"B04": DN}, SCL, xml=xml, xml_name=name)
    assert open_product(path).bands["B04"].offset == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("baseline", "offset"), [("N0207", 0.0), ("N0301", 0.0), ("N0400", -0.1), ("N0510", -0.1)]
)
def test_without_metadata_the_name_decides(tmp_path: Path, baseline: str, offset: float) -> None:
    name = L2A_NAME.replace("N0207", baseline)
    product = open_product(write_l2a(tmp_path, {"B04": DN}, SCL, name=name))
    assert product.bands["B04"].offset == pytest.approx(offset)
    assert product.attributes["offset_from"] == "name"


def test_metadata_beat_the_name(tmp_path: Path) -> None:
    name = L2A_NAME.replace("N0207", "N9999")
    xml = l2a_xml(offsets={3: -1000}, name=name)
    product = open_product(write_l2a(tmp_path, {"B04": DN}, SCL, xml=xml, name=name))
    assert product.bands["B04"].offset == pytest.approx(-0.1)
    assert product.attributes["offset_from"] == "metadata"


def test_baseline_9999_without_metadata_is_refused(tmp_path: Path) -> None:
    name = L2A_NAME.replace("N0207", "N9999")
    with pytest.raises(InconsistentProduct, match="has no offset"):
        open_product(write_l2a(tmp_path, {"B04": DN}, SCL, name=name))


def test_missing_quantification_is_corrupt(tmp_path: Path) -> None:
    xml = l2a_xml().replace("BOA_QUANTIFICATION_VALUE", "SOMETHING_ELSE")
    with pytest.raises(CorruptProduct, match="BOA_QUANTIFICATION_VALUE"):
        open_product(write_l2a(tmp_path, {"B04": DN}, SCL, xml=xml))


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (l2a_xml(quantification=0), "is 0"),
        (l2a_xml().replace(">10000<", ">many<"), "is not a number"),
        (l2a_xml(quantification=float("nan")), "is nan"),
        (l2a_xml(quantification=float("inf")), "is inf"),
        (l2a_xml(offsets={77: -1000}), "unknown band"),
        (l2a_xml(offsets={3: float("nan")}), "B04 is nan"),
        (l2a_xml(offsets={3: 65_000}), "B04 is 65000"),
        (l2a_xml()[:-40], "is not XML"),
        ("", "is not XML"),
    ],
)
def test_broken_metadata_are_corrupt(tmp_path: Path, xml: str, message: str) -> None:
    (tmp_path / "MTD_MSIL2A.xml").write_text(xml)
    with pytest.raises(CorruptProduct, match=message) as caught:
        read_metadata(tmp_path)
    assert caught.value.subject == str(tmp_path / "MTD_MSIL2A.xml")


def test_a_band_without_an_offset_among_bands_with_one(tmp_path: Path) -> None:
    xml = l2a_xml(offsets={3: -1000})
    path = write_l2a(tmp_path, {"B04": DN, "B08": DN}, SCL, xml=xml)
    with pytest.raises(InconsistentProduct, match="no offset of B08, but of other bands"):
        open_product(path)


def test_a_baseline_whose_products_all_have_offsets(tmp_path: Path) -> None:
    (tmp_path / "MTD_MSIL2A.xml").write_text(l2a_xml().replace("02.07", "05.10"))
    with pytest.raises(InconsistentProduct, match=r"has no BOA_ADD_OFFSET, .* baseline 05\.10"):
        read_metadata(tmp_path)
    (tmp_path / "MTD_MSIL2A.xml").write_text(l2a_xml().replace("02.07", "99.99"))
    assert read_metadata(tmp_path).scale_offset("B04") == (1e-4, 0)


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("12345")
    dtd = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    xml = l2a_xml().replace("<n1:Level", dtd + "<n1:Level", 1).replace(">10000<", ">&e;<")
    (tmp_path / "MTD_MSIL2A.xml").write_text(xml)
    with pytest.raises(CorruptProduct) as caught:
        read_metadata(tmp_path)
    assert "12345" not in str(caught.value)


def test_entity_bomb_is_not_expanded(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 20}">' for n in range(1, 12)
    )
    xml = l2a_xml().replace("<n1:Level", f"<!DOCTYPE x [{entities}]><n1:Level", 1)
    (tmp_path / "MTD_MSIL2A.xml").write_text(xml.replace(">10000<", ">&a11;<"))
    with pytest.raises(CorruptProduct):
        read_metadata(tmp_path)


def test_second_granule_is_refused(tmp_path: Path) -> None:
    path = write_l2a(tmp_path, {"B04": DN}, SCL, xml=l2a_xml())
    other = path / "GRANULE" / "L2A_T32VNJ_A015062_20180511T103021" / "MTD_TL.xml"
    other.parent.mkdir()
    other.touch()
    with pytest.raises(InconsistentProduct, match="2 granules"):
        open_product(path)


@pytest.mark.parametrize(
    ("rows", "columns", "scl"), [(7, 8, (4, 4)), (7, 7, (4, 4)), (8, 7, (4, 4)), (7, 7, (3, 3))]
)
def test_a_clipped_product_whose_classes_end_elsewhere(
    tmp_path: Path, rows: int, columns: int, scl: tuple[int, int]
) -> None:
    """The last pixel of 20 m reaches 10 m beyond the bands, or ends 10 m before them."""
    pixels = DN[:rows, :columns]
    path = write_l2a(tmp_path, {"B04": pixels, "B08": pixels}, np.full(scl, 4), xml=l2a_xml())
    product = open_product(path)
    validate(product)
    west, _, _, north = product.bands["B04"].grid.bounds
    parcel = shapely.box(west, north - 10 * rows, west + 10 * columns, north)
    assert product.scl is not None
    result = zonal(
        flatten([parcel]),
        UTM32,
        list(product.bands.values()),
        mask=ClearMask(product.scl, (4,)),
    )
    clear = pixels[: 2 * scl[0], : 2 * scl[1]]
    assert result.statistics[0, 0, 0] == clear.size
    assert result.statistics[0, 0, 1] == pytest.approx(clear.mean() / 10000)


#: Rows and columns by which the classes, of 20 m, begin before the bands, and their size.
ELSEWHERE = {
    "further east": ((0, 0), (4, 6)),
    "further south": ((0, 0), (7, 4)),
    "further all round": ((-2, -3), (9, 9)),
    "less far": ((0, 0), (2, 4)),
    "less far all round": ((1, 1), (2, 2)),
    "elsewhere in part": ((-3, 2), (5, 7)),
    "by an odd number of pixels": ((0.5, -0.5), (4, 4)),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_only_the_ground_that_bands_and_classes_share_is_covered(tmp_path: Path, name: str) -> None:
    (down, right), (rows, columns) = ELSEWHERE[name]
    path = write_l2a(tmp_path, {"B04": DN, "B08": 2 * DN}, None, xml=l2a_xml())
    file = path / "GRANULE/L2A_T32VNH_A015062_20180511T103021/IMG_DATA/R20m/x_SCL_20m.tif"
    place = TRANSFORM_10M @ Affine.translation(2 * right, 2 * down) @ Affine.scale(2)
    write_raster(file, np.full((rows, columns), 4, "u1"), place, UTM32)
    product = open_product(path)
    validate(product)
    assert product.scl is not None
    layers, left_out = limited([*product.bands.values(), product.scl])
    # Pixels of 10 m that both cover.
    top, left = max(0, int(2 * down)), max(0, int(2 * right))
    bottom, east = min(8, int(2 * (down + rows))), min(8, int(2 * (right + columns)))
    shared = DN[top:bottom, left:east]
    assert f"share {east - left} x {bottom - top} pixels of B04" in str(left_out)
    x, y = TRANSFORM_10M.c, TRANSFORM_10M.f
    everything = shapely.box(x - 200, y - 400, x + 400, y + 200)
    beside = [
        shapely.box(x + 10 * east + 20, y - 80, x + 10 * east + 60, y),
        shapely.box(x, y - 10 * bottom - 60, x + 80, y - 10 * bottom - 20),
    ]
    mask = ClearMask(layers[-1], (4,))
    for rule in Rule:
        result = zonal(flatten([everything, *beside]), UTM32, layers[:-1], rule=rule, mask=mask)
        assert result.inside.tolist() == 2 * [[True, False, False]]
        assert result.statistics[:, 0, 0].tolist() == [shared.size, shared.size]
        assert result.statistics[0, 0, 1] == pytest.approx(shared.mean() / 10000)
        assert result.statistics[1, 0, 1] == pytest.approx(shared.mean() / 5000)
        assert result.pixels[:, 0] == pytest.approx(shared.size)
    counts, _ = histogram(flatten([everything]), UTM32, layers[-1])
    assert counts[0, 4] * 4 >= shared.size


@pytest.mark.parametrize("place", [(0, 4), (-4, 0), (100, 100)])
def test_bands_and_classes_without_ground_in_common(tmp_path: Path, place: tuple[int, int]) -> None:
    path = write_l2a(tmp_path, {"B04": DN, "B08": DN}, None, xml=l2a_xml())
    file = path / "GRANULE/L2A_T32VNH_A015062_20180511T103021/IMG_DATA/R20m/x_SCL_20m.tif"
    there = TRANSFORM_10M @ Affine.translation(2 * place[1], 2 * place[0]) @ Affine.scale(2)
    write_raster(file, np.full((4, 4), 4, "u1"), there, UTM32)
    with pytest.raises(NoOverlap, match="have no ground in common: B0") as refused:
        validate(open_product(path))
    assert refused.value.cause is Cause.NO_PARCELS


def test_bands_that_end_elsewhere_than_each_other(tmp_path: Path) -> None:
    path = write_l2a(tmp_path, {"B04": DN, "B08": 2 * DN[:6, :5]}, np.full((4, 4), 4))
    product = open_product(path)
    validate(product)
    layers, left_out = limited(list(product.bands.values()))
    assert left_out is not None
    assert "B04 reaches 20 south and 30 east further" in left_out
    x, y = TRANSFORM_10M.c, TRANSFORM_10M.f
    parcel = shapely.box(x, y - 80, x + 80, y)
    (ndvi,) = parse_indices(["NDVI"])
    result = zonal(flatten([parcel]), UTM32, layers, indices=[ndvi])
    assert result.statistics[:, 0, 0].tolist() == [30, 30, 30]
