"""Angles of the sun and of the view: read, averaged over detectors, replaced where they lack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from l1c_products import EVERYWHERE, SIZE, edited
from lxml import etree

from dias_cbm.card.optical.angles import read_angles
from dias_cbm.card.optical.l1c import opened_l1c
from dias_cbm.card.optical.sensed import require
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.raster import parse_xml
from dias_cbm_lab.level1.l1c import BANDS, GRANULE, write_l1c


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
