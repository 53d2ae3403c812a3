"""Band sets, stretches and encodings, worked out by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest
from affine import Affine
from PIL import Image
from rasterio.crs import CRS
from rasterio.io import MemoryFile

from dias_cbm.cards import Card
from dias_cbm.chips.bands import BAND_SETS, band_set
from dias_cbm.chips.frame import Frame
from dias_cbm.chips.picture import Format, colours, picture, raw
from dias_cbm.errors import ChipError
from dias_cbm.products.model import Band, Grid

NAN = np.nan


def layer(*values: float) -> np.ndarray:
    return np.array([values], "f4")


def test_every_card_has_a_default() -> None:
    assert [band_set(card).name for card in Card] == [
        "backscatter", "coherence", "coherence", "true_colour",
    ]  # fmt: skip
    assert all(len(one.channels) in (1, 3) for one in BAND_SETS.values())
    assert band_set(Card.S2, "false_colour").bands == ("B08", "B11", "B04")


def test_one_band_is_grey() -> None:
    assert band_set(Card.S2, "B8A").channels[0].high == 0.5
    assert band_set(Card.BS, "HV").channels[0].decibel
    assert band_set(Card.C6, "VH").channels[0].high == 1


@pytest.mark.parametrize(
    ("card", "name"),
    [(Card.BS, "true_colour"), (Card.S2, "VV"), (Card.S2, "B10"), (Card.S2, ""), (Card.C6, "é")],
)
def test_bands_that_a_card_lacks(card: Card, name: str) -> None:
    with pytest.raises(ChipError, match=f"{card} products have no such bands"):
        band_set(card, name)


def test_reflectance_is_stretched_from_0_to_0_3() -> None:
    values = {
        "B04": layer(-0.05, 0.0, 0.15, 0.3, 0.9, NAN, 0.1),
        "B03": layer(0.0, 0.06, 0.15, 0.3, 0.9, 0.1, 0.1),
        "B02": layer(0.0, 0.0, 0.15, 0.3, 0.9, 0.1, NAN),
    }
    shown = colours(band_set(Card.S2), values)[0].tolist()
    # 0.06 / 0.3 * 255 = 51; 0.5 * 255 = 127.5, rounded to even.
    assert shown == [
        [0, 0, 0, 255], [0, 51, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255],
        [255, 255, 255, 255], [0, 0, 0, 0], [0, 0, 0, 0],
    ]  # fmt: skip


def test_the_stretch_is_the_same_for_all_dates() -> None:
    """A chip in which all is dark stays dark."""
    dark = {name: np.full((4, 4), 0.06, "f4") for name in ("B04", "B03", "B02")}
    assert set(colours(band_set(Card.S2), dark)[..., 0].flat) == {51}


def test_backscatter_is_stretched_in_decibels() -> None:
    # VV -11 dB is half of -20 to -2; VH -18 dB half of -27 to -9; their ratio 7 dB of 2 to 14.
    values = {"VV": layer(10**-1.1, -1e-4, NAN), "VH": layer(10**-1.8, 0.01, 0.01)}
    shown = colours(band_set(Card.BS), values)[0].tolist()
    assert shown[0] == [128, 128, 106, 255]
    assert shown[1][::3] == [0, 255]  # noise below 0 is data
    assert shown[2] == [0, 0, 0, 0]


def test_pictures_keep_what_is_transparent() -> None:
    pixels = np.zeros((3, 5, 4), "u1")
    pixels[1, 2] = 10, 200, 30, 255
    with Image.open(io.BytesIO(picture(pixels, Format.PNG))) as image:
        assert (image.format, image.size) == ("PNG", (5, 3))
        assert np.array_equal(np.asarray(image), pixels)
    with Image.open(io.BytesIO(picture(pixels, Format.WEBP))) as image:
        assert (image.format, image.mode) == ("WEBP", "RGBA")
        assert np.array_equal(np.asarray(image)[..., 3], pixels[..., 3])


def test_raw_numbers() -> None:
    """Stored numbers, on the finest grid; what is no data is the product's nodata."""
    crs = CRS.from_epsg(32632)
    fine, coarse = Affine(10, 0, 5e5, 0, -10, 6e6), Affine(20, 0, 5e5, 0, -20, 6e6)
    bands = [
        Band("B04", "a", 1, "uint16", 0.0, 1e-4, -0.1, Grid(crs, fine, 4, 2)),
        Band("B11", "b", 1, "uint16", 0.0, 1e-4, -0.1, Grid(crs, coarse, 2, 1)),
    ]
    numbers = np.arange(8, dtype="u2").reshape(2, 4), np.array([[70, 80]], "u2")
    data = numbers[0] != 5, np.array([[True, False]])
    frame = Frame(crs, fine, 4, 2, 2)
    content = raw(bands, list(zip(numbers, data, strict=True)), frame, {"CBM_PRODUCT": "x"})
    with MemoryFile(content) as memory, memory.open() as dataset:
        assert dataset.read().tolist() == [
            [[0, 1, 2, 3], [4, 0, 6, 7]],
            [[70, 70, 0, 0], [70, 70, 0, 0]],
        ]
        assert dataset.descriptions == ("B04", "B11")
        assert (dataset.nodata, dataset.crs, dataset.transform) == (0, crs, fine)
        assert (dataset.scales, dataset.offsets) == ((1e-4, 1e-4), (-0.1, -0.1))
        assert dataset.tags()["CBM_PRODUCT"] == "x"
