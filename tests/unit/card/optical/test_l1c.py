"""Reading L1C: radiometry, geometry, and products that cannot be read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from dias_cbm.card.optical.angles import read_angles
from dias_cbm.card.optical.l1c import opened_l1c
from dias_cbm.card.optical.sensed import read, require
from dias_cbm.errors import CorruptProduct, InconsistentProduct, ProductError
from dias_cbm.products.readers.level1c import open_l1c
from dias_cbm.products.readers.raster import parse_xml
from dias_cbm_lab.level1.l1c import BANDS, GRANULE, NAME, write_l1c

SIZE = 120
EVERYWHERE = dict.fromkeys(BANDS, 0.2)


def zipped(product: Path, extra: dict[str, bytes] | None = None) -> Path:
    path = product.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in product.rglob("*"):
            archive.write(file, f"{product.name}/{file.relative_to(product)}")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("offset", [None, -1000])
@pytest.mark.parametrize("as_zip", [False, True])
def test_reflectance_of_every_baseline(tmp_path: Path, offset: int | None, as_zip: bool) -> None:
    name = NAME if offset else NAME.replace("N0500", "N0206")
    product = write_l1c(tmp_path, EVERYWHERE, SIZE, offset=offset, name=name)
    source = zipped(product) if as_zip else product
    with opened_l1c(source, tmp_path / "scratch") as opened:
        require(opened, BANDS)
        baseline = "05.00" if offset else "02.06"
        assert (opened.name, opened.tile, opened.baseline) == (name, "32VNH", baseline)
        for band in ("B01", "B04", "B12"):
            pixels = read(opened, band)
            np.testing.assert_allclose(pixels.reflectance, 0.2, atol=1e-6)
            assert pixels.valid.all()
    assert not list((tmp_path / "scratch").glob("*"))


QUANTIFICATION = "QUANTIFICATION_VALUE"
OFFSET = '<RADIO_ADD_OFFSET band_id="3">-1000</RADIO_ADD_OFFSET>'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        *((">10000<", f">{bad}<", QUANTIFICATION) for bad in ("nan", "inf", "-1", "1e-30")),
        *((">-1000<", f">{bad}<", "RADIO_ADD_OFFSET") for bad in ("nan", "-inf", "-20000", "no")),
        (OFFSET, "", "has no offset of B04, but of other bands"),
        (OFFSET, OFFSET + OFFSET.replace("-1000", "0"), "two values of RADIO_ADD_OFFSET for B04"),
        ("RADIO_ADD_OFFSET", "ELSE", "has no RADIO_ADD_OFFSET, which every product of baseline"),
    ],
)
def test_radiometry_that_makes_no_sense(tmp_path: Path, old: str, new: str, message: str) -> None:
    product = renumbered(write_l1c(tmp_path, EVERYWHERE, SIZE), old, new)
    with pytest.raises(ProductError, match=message), opened_l1c(product, tmp_path):
        pass
    with pytest.raises(ProductError, match=message):
        open_l1c(product)


def test_too_few_steps_for_a_surface(tmp_path: Path) -> None:
    product = renumbered(write_l1c(tmp_path, EVERYWHERE, SIZE, offset=-1), ">10000<", ">5<")
    with pytest.raises(CorruptProduct, match="is 5"), opened_l1c(product, tmp_path):
        pass
    assert open_l1c(product).bands["B04"].scale == 0.2


def renumbered(product: Path, old: str, new: str) -> Path:
    """The product with another text in its own metadata."""
    file = product / "MTD_MSIL1C.xml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return product


def test_no_data_is_dn_0_before_the_offset(tmp_path: Path) -> None:
    image = np.full((12, 12), 0.2)
    image[0, 0], image[0, 1], image[0, 2] = np.nan, np.inf, -0.1
    product = write_l1c(tmp_path, {"B04": image}, SIZE)
    with opened_l1c(product, tmp_path) as opened:
        pixels = read(opened, "B04")
    # Reflectance -0.1 has DN 0 under an offset of -1000, as no data has.
    assert pixels.valid[0, :4].tolist() == [False, True, False, True]


def test_a_coarse_pixel_is_the_mean_of_its_fine_ones(tmp_path: Path) -> None:
    image = np.arange(144).reshape(12, 12) / 1000 + 0.1
    with opened_l1c(write_l1c(tmp_path, {"B04": image}, SIZE), tmp_path) as opened:
        pixels = read(opened, "B04", shape=(2, 2))
    expected = image.reshape(2, 6, 2, 6).mean(axis=(1, 3))
    np.testing.assert_allclose(pixels.reflectance, expected, atol=1e-4)


def test_a_missing_band_is_named(tmp_path: Path) -> None:
    without = {band: 0.2 for band in BANDS if band != "B11"}
    with (
        opened_l1c(write_l1c(tmp_path, without, SIZE), tmp_path) as opened,
        pytest.raises(CorruptProduct, match="lacks the images of B11"),
    ):
        require(opened, BANDS)


def test_a_truncated_band(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(0.1, 0.4, (12, 12))
    product = write_l1c(tmp_path, {"B04": noise}, SIZE)
    (file,) = product.rglob("*_B04.jp2")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CorruptProduct, match="B04"), opened_l1c(product, tmp_path) as opened:
        read(opened, "B04")


@pytest.mark.parametrize("name", ["../escape.xml", "/etc/escape.xml", f"{NAME}.SAFE/../../x.xml"])
def test_an_archive_that_writes_outside_its_folder(tmp_path: Path, name: str) -> None:
    source = zipped(write_l1c(tmp_path, EVERYWHERE, SIZE), {name: b"x"})
    scratch = tmp_path / "in" / "scratch"
    with pytest.raises(CorruptProduct, match="outside its folder"), opened_l1c(source, scratch):
        pass
    assert not list(scratch.glob("*"))
    assert not list(tmp_path.rglob("escape.xml"))


def test_a_broken_archive(tmp_path: Path) -> None:
    source = zipped(write_l1c(tmp_path, EVERYWHERE, SIZE))
    source.write_bytes(source.read_bytes()[:2000])
    with pytest.raises(CorruptProduct, match="cannot be unpacked"), opened_l1c(source, tmp_path):
        pass


@pytest.mark.parametrize("file", ["MTD_MSIL1C.xml", f"GRANULE/{GRANULE}/MTD_TL.xml"])
def test_an_xml_bomb(tmp_path: Path, file: str) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>&l9;</a>'
    (product / file).write_text(bomb)
    with pytest.raises(CorruptProduct, match=r"DTD|not XML"), opened_l1c(product, tmp_path):
        pass


@pytest.mark.parametrize("file", ["MTD_MSIL1C.xml", f"GRANULE/{GRANULE}/MTD_TL.xml"])
def test_metadata_that_would_fill_the_memory(tmp_path: Path, file: str) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    with (product / file).open("ab") as huge:
        huge.truncate(20_000_000)
    with pytest.raises(CorruptProduct, match="20,000,000 bytes"), opened_l1c(product, tmp_path):
        pass


def test_images_of_another_size_than_the_metadata_say(tmp_path: Path) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    metadata = product / "GRANULE" / GRANULE / "MTD_TL.xml"
    metadata.write_text(metadata.read_text().replace("<NROWS>12</NROWS>", "<NROWS>13</NROWS>"))
    with pytest.raises(InconsistentProduct, match="12 x 12"), opened_l1c(product, tmp_path):
        pass


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("_T32VNH_", "_T33VNH_", "holds the metadata of S2A.*T33VNH"),
        ("S2A_MSIL1C", "S2B_MSIL1C", "holds the metadata of S2B"),
        ("T103021_N0500", "T103022_N0500", "holds the metadata of"),
        ("MSIL1C", "MSIL2A", "not an L1C product"),
        ("2018-05-11T10:30:21", "2031-05-11T10:30:21", "is of 2031-05-11 10:30:21, by its name"),
        ("21.024Z", "21.024+23:59", "is of 2018-05-10 10:31:21, by its name"),
    ],
)
def test_a_product_that_is_another_than_it_is_called(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    product = renumbered(write_l1c(tmp_path, EVERYWHERE, SIZE), old, new)
    for source in (product, zipped(product)):
        with pytest.raises(InconsistentProduct, match=message), opened_l1c(source, tmp_path):
            pass


def test_a_folder_may_have_any_name_but_that_of_another_acquisition(tmp_path: Path) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    reprocessed = product.rename(tmp_path / f"{NAME.replace('N0500', 'N0510')}.SAFE")
    with opened_l1c(reprocessed.rename(tmp_path / "my tile"), tmp_path) as opened:
        assert opened.name == NAME
    granule = tmp_path / "my tile" / "GRANULE" / GRANULE
    granule.rename(granule.with_name(GRANULE.replace("32VNH", "32VNJ")))
    with pytest.raises(InconsistentProduct, match="granule of tile 32VNJ"):
        opened_l1c(tmp_path / "my tile", tmp_path).__enter__()


def test_a_second_image_of_a_band(tmp_path: Path) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    (file,) = product.rglob("*_B04.jp2")
    second = file.with_name("other_B04.jp2")
    second.write_bytes(file.read_bytes())
    with pytest.raises(CorruptProduct, match="second image of B04"), opened_l1c(product, tmp_path):
        pass
    elsewhere = product / "GRANULE" / "L1C_T32VNJ" / "IMG_DATA" / file.name
    elsewhere.parent.mkdir(parents=True)
    second.rename(elsewhere)
    with pytest.raises(CorruptProduct, match="another granule"), opened_l1c(product, tmp_path):
        pass


def test_images_in_each_others_place(tmp_path: Path) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    (coarse,), (fine,) = product.rglob("*_B01.jp2"), product.rglob("*_B11.jp2")
    coarse.write_bytes(fine.read_bytes())
    message = "pixels of 20 m, and those of B01 have 60"
    with pytest.raises(InconsistentProduct, match=message), opened_l1c(product, tmp_path):
        pass


@pytest.mark.parametrize("number", ["nan", "inf", "12.5", "many"])
def test_sizes_that_are_not_numbers(tmp_path: Path, number: str) -> None:
    def change(root: etree._Element) -> None:
        next(root.iter("NROWS")).text = number

    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), change)
    with pytest.raises(CorruptProduct, match="is not a"), opened_l1c(product, tmp_path):
        pass


def test_a_folder_that_is_no_product(tmp_path: Path) -> None:
    with pytest.raises(CorruptProduct, match="no GRANULE"), opened_l1c(tmp_path, tmp_path):
        pass
    with pytest.raises(CorruptProduct, match="not exist"), opened_l1c(tmp_path / "x", tmp_path):
        pass


def test_angles_of_a_real_tile(real_data: Path) -> None:
    (file,) = (real_data / "s2_meta").glob("*MSIL1C*.SAFE/GRANULE/*/MTD_TL.xml")
    angles = read_angles(parse_xml(file.read_bytes(), file), file)
    assert angles.step == 5000
    assert angles.sun[0].shape == (23, 23)
    assert angles.sun[0][0, 0] == 27.2006
    assert len(angles.view) == 13
    for zenith, azimuth in angles.view.values():
        assert np.isfinite([zenith, azimuth]).all()
        assert 0 < zenith.min() <= zenith.max() < 13
    # The metadata give the mean over detectors by themselves: B02, bandId 1.
    root = parse_xml(file.read_bytes(), file)
    said = next(
        one for one in root.iter("{*}Mean_Viewing_Incidence_Angle") if one.get("bandId") == "1"
    )
    assert angles.view["B02"][0].mean() == pytest.approx(
        float(said.findtext("{*}ZENITH_ANGLE")), abs=0.7
    )


def test_detectors_that_overlap_are_averaged_as_directions(tmp_path: Path) -> None:
    def matrix(name: str, values: str) -> str:
        step = '<COL_STEP unit="m">5000</COL_STEP><ROW_STEP unit="m">5000</ROW_STEP>'
        rows = "".join(f"<VALUES>{row}</VALUES>" for row in values.split("|"))
        return f"<{name}>{step}<Values_List>{rows}</Values_List></{name}>"

    def detector(zenith: str, azimuth: str) -> str:
        body = matrix("Zenith", zenith) + matrix("Azimuth", azimuth)
        tag = "Viewing_Incidence_Angles_Grids"
        return f'<{tag} bandId="3" detectorId="1">{body}</{tag}>'

    sun = matrix("Zenith", "30 30|30 30") + matrix("Azimuth", "150 150|150 150")
    root = parse_xml(
        (
            f"<Tile><Sun_Angles_Grid>{sun}</Sun_Angles_Grid>"
            + detector("5 5|NaN NaN", "350 350|NaN NaN")
            + detector("NaN 5|5 NaN", "NaN 10|10 NaN")
            + "</Tile>"
        ).encode(),
        "x",
    )
    zenith, azimuth = read_angles(root, tmp_path).view["B04"]
    assert azimuth[0, 0] == pytest.approx(350)
    assert azimuth[1, 0] == pytest.approx(10)
    # Between 350 and 10 degrees lies 0, a little nearer to the nadir.
    assert min(azimuth[0, 1], 360 - azimuth[0, 1]) == pytest.approx(0, abs=1e-9)
    assert np.tan(np.radians(zenith[0, 1])) == pytest.approx(
        np.tan(np.radians(5)) * np.cos(np.radians(10))
    )
    # What no detector sees takes the mean of the rest.
    assert np.isfinite(zenith[1, 1])


def test_a_missing_file_is_named_as_people_write_it(tmp_path: Path) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    (product / "GRANULE" / GRANULE / "MTD_TL.xml").unlink()
    sentence = "has 0 files GRANULE/*/MTD_TL.xml, expected one"
    with pytest.raises(CorruptProduct) as caught, opened_l1c(product, tmp_path):
        pass
    assert sentence in str(caught.value)


def edited(product: Path, change: Callable[[etree._Element], None]) -> Path:
    """The product with a change to its tile's metadata."""
    file = product / "GRANULE" / GRANULE / "MTD_TL.xml"
    root = etree.fromstring(file.read_bytes())
    change(root)
    file.write_bytes(etree.tostring(root))
    return product


def views(root: etree._Element, band: str) -> list[etree._Element]:
    tag = "{*}Viewing_Incidence_Angles_Grids"
    return [one for one in root.iter(tag) if one.get("bandId") == str(BANDS.index(band))]


def without(*bands: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        for band in bands:
            for grid in views(root, band):
                grid.getparent().remove(grid)

    return change


def filled(band: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        for grid in views(root, band):
            for row in grid.iter("VALUES"):
                row.text = text

    return change


def emptied(band: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        for grid in views(root, band):
            for values in grid.iter("Values_List"):
                del values[:]

    return change


MISSING = {
    "no grid": without,
    "NaN": lambda band: filled(band, "NaN NaN"),
    "empty": emptied,
}
BROKEN = {
    "not up": lambda band: filled(band, "-5 -5"),
    "text": lambda band: filled(band, "no angle"),
    "other size": lambda band: filled(band, "5 5 5"),
}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (">5000</COL", f">{'1' * 400}</COL", "has sun angles every '1111"),
        (">5000</COL", ">2500</COL", "every '2500' by '5000' m"),
        (">5000<", ">100<", "has angles of 100 m, and its tile has 120 m"),
        ("160.0 160.0</VALUES>", "160 160</VALUES><VALUES>160 160</VALUES>", "several sizes"),
    ],
)
def test_sun_angles_that_do_not_fit_the_tile(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    file = product / "GRANULE" / GRANULE / "MTD_TL.xml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(CorruptProduct, match=message), opened_l1c(product, tmp_path):
        pass


@pytest.mark.parametrize("how", [*MISSING, *BROKEN])
def test_view_angles_of_a_band_that_is_not_used_condemn_nothing(tmp_path: Path, how: str) -> None:
    change = (MISSING | BROKEN)[how]("B10")
    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), change)
    with opened_l1c(product, tmp_path) as opened:
        found = require(opened, BANDS, [band for band in BANDS if band != "B10"])
    assert not found.angles.replaced


@pytest.mark.parametrize("how", MISSING)
def test_missing_view_angles_are_those_of_the_neighbours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    def change(root: etree._Element) -> None:
        filled("B04", "4 4")(root)
        filled("B06", "8 8")(root)
        MISSING[how]("B05")(root)

    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), change)
    with opened_l1c(product, tmp_path) as opened:
        found = require(opened, BANDS, ("B04", "B05", "B06"))
    assert found.angles.replaced == {"B05": "mean of B04 and B06"}
    assert "lacks view angles of B05: taken as mean of B04 and B06" in caplog.text
    # Both azimuths are 4 and 8 degrees: between two directions of nearly one azimuth.
    assert found.angles.view["B05"][0] == pytest.approx(6, abs=0.02)


def test_at_the_end_of_the_list_there_is_one_neighbour(tmp_path: Path) -> None:
    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), without("B12"))
    with opened_l1c(product, tmp_path) as opened:
        found = require(opened, BANDS, BANDS)
    assert found.angles.replaced == {"B12": "mean of B11"}


def test_without_any_grid_the_tiles_mean_is_taken(tmp_path: Path) -> None:
    def change(root: etree._Element) -> None:
        without(*BANDS)(root)
        means = etree.SubElement(root, "Mean_Viewing_Incidence_Angle_List")
        for band, zenith in ((3, "7.5"), (4, "nonsense")):
            mean = etree.SubElement(means, "Mean_Viewing_Incidence_Angle", bandId=str(band))
            etree.SubElement(mean, "ZENITH_ANGLE").text = zenith
            etree.SubElement(mean, "AZIMUTH_ANGLE").text = "105"

    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), change)
    with opened_l1c(product, tmp_path) as opened:
        found = require(opened, BANDS, ("B04", "B05"))
    assert found.angles.replaced == {"B04": "mean of the tile", "B05": "mean of the tile's bands"}
    for band in ("B04", "B05"):
        zenith, azimuth = found.angles.view[band]
        assert zenith == pytest.approx(7.5)
        assert azimuth == pytest.approx(105)


def test_no_view_angles_at_all(tmp_path: Path) -> None:
    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), without(*BANDS))
    with (
        opened_l1c(product, tmp_path) as opened,
        pytest.raises(InconsistentProduct, match="lacks view angles of B04"),
    ):
        require(opened, BANDS, ("B04",))


@pytest.mark.parametrize("how", BROKEN)
def test_broken_view_angles_of_a_used_band(tmp_path: Path, how: str) -> None:
    product = edited(write_l1c(tmp_path, EVERYWHERE, SIZE), BROKEN[how]("B04"))
    with (
        opened_l1c(product, tmp_path) as opened,
        pytest.raises(CorruptProduct, match=r"matrix|sizes|point up"),
    ):
        require(opened, BANDS, ("B04",))
