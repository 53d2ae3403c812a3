"""Reading L1C: radiometry, images, and products that cannot be read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from l1c_products import EVERYWHERE, SIZE, edited
from lxml import etree

from dias_cbm.card.optical.l1c import opened_l1c
from dias_cbm.card.optical.sensed import read, require
from dias_cbm.errors import CorruptProduct, InconsistentProduct, ProductError
from dias_cbm.products.readers.level1c import open_l1c
from dias_cbm_lab.level1.l1c import BANDS, GRANULE, NAME, write_l1c


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


def test_a_missing_file_is_named_as_people_write_it(tmp_path: Path) -> None:
    product = write_l1c(tmp_path, EVERYWHERE, SIZE)
    (product / "GRANULE" / GRANULE / "MTD_TL.xml").unlink()
    sentence = "has 0 files GRANULE/*/MTD_TL.xml, expected one"
    with pytest.raises(CorruptProduct) as caught, opened_l1c(product, tmp_path):
        pass
    assert sentence in str(caught.value)
