"""The tables against the model itself, and the formula by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.optical.responses import read_responses
from dias_cbm.card.optical.sixs import Case, coefficients
from dias_cbm.card.optical.tables import Atmosphere, Correction, Geometry, Tables, tables
from dias_cbm.errors import CardFailed, CorruptProduct

#: Surface reflectance that the comparison is made for: dark water to bright sand.
SURFACES = np.array([0.02, 0.05, 0.15, 0.3, 0.5])

#: Between the nodes in every direction: band, sun, view, azimuth, aerosol, water, ozone, altitude.
CASES = [
    ("B02", 38.0, 7.0, 60.0, 0.22, 1.4, 0.30, 0.2),
    ("B02", 66.0, 10.0, 140.0, 0.35, 0.8, 0.38, 0.0),
    ("B03", 25.0, 3.0, 20.0, 0.08, 3.1, 0.33, 0.9),
    ("B04", 55.0, 9.0, 110.0, 0.30, 2.2, 0.28, 0.4),
    ("B05", 42.0, 5.0, 45.0, 0.15, 1.2, 0.35, 0.1),
    ("B07", 33.0, 11.0, 170.0, 0.60, 3.5, 0.33, 0.0),
    ("B08", 58.0, 6.0, 80.0, 0.25, 0.7, 0.33, 0.6),
    ("B8A", 20.0, 8.0, 130.0, 0.10, 2.6, 0.33, 0.3),
    ("B11", 47.0, 4.0, 95.0, 0.18, 1.9, 0.33, 0.0),
    ("B12", 68.0, 9.0, 30.0, 0.40, 1.1, 0.33, 0.2),
    ("B02", 66.0, 10.0, 140.0, 0.12, 0.5, 0.33, 1.6),
    ("B03", 38.0, 7.0, 60.0, 0.22, 0.5, 0.33, 2.7),
    ("B04", 58.0, 6.0, 20.0, 0.12, 0.4, 0.33, 1.862),
    ("B8A", 30.0, 7.0, 100.0, 0.10, 0.4, 0.33, 3.4),
    ("B12", 50.0, 8.0, 70.0, 0.15, 0.4, 0.33, 3.0),
    ("B02", 45.0, 5.0, 50.0, 0.10, 0.3, 0.33, 3.5),
]

#: Of the standard atmosphere's water vapour, 1/e is left this high, km.
SCALE_HEIGHT = 2.0


def direction(sun: float, view: float, azimuth: float) -> Geometry:
    return Geometry(np.array(sun), np.array(view), np.array(azimuth))


def at_sensor(correction: Correction, surface: np.ndarray) -> np.ndarray:
    """The correction's formula, solved for the other side."""
    y = surface / (1 - correction.xc * surface)
    return (y + correction.xb) / correction.xa


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]:g}")
def test_interpolated_against_the_model(case: tuple, real_data: Path) -> None:
    band, sun, view, azimuth, aot, water, ozone, altitude = case
    product = next((real_data / "s2_meta").glob("*MSIL1C*.SAFE"))
    response = read_responses(product / "MTD_MSIL1C.xml")[band]
    # 6S is given the column above sea level, the tables that above the ground.
    column = water * np.exp(altitude / SCALE_HEIGHT)
    model = coefficients(response, Case(sun, view, azimuth, aot, column, ozone, altitude))
    sensed = at_sensor(Correction(model.xa, model.xb, model.xc), SURFACES)
    found = tables().correction(
        band, direction(sun, view, azimuth), Atmosphere(aot, water, ozone, altitude)
    )
    np.testing.assert_allclose(found.surface(sensed), SURFACES, atol=0.004)


def test_the_formula_by_hand() -> None:
    # y = 1.2 * 0.2 - 0.03 = 0.21; 0.21 / (1 + 0.1 * 0.21) = 0.2056807...
    correction = Correction(np.array(1.2), np.array(0.03), np.array(0.1))
    assert correction.surface(np.array(0.2)) == pytest.approx(0.21 / 1.021)


def test_no_atmosphere_but_what_cannot_be_left_out() -> None:
    # Without aerosol and water, short-wave infrared is nearly what it was at the surface.
    found = tables().correction("B12", direction(30, 0, 0), Atmosphere(0.0, 0.0, 0.0))
    assert float(found.surface(np.array(0.2))) == pytest.approx(0.2, abs=0.02)
    assert 0 < float(found.xb) < 0.002


def test_more_ozone_makes_red_brighter_at_the_surface() -> None:
    reflectance = [
        float(
            tables()
            .correction("B04", direction(40, 5, 90), Atmosphere(0.1, 1.0, ozone))
            .surface(np.array(0.1))
        )
        for ozone in (0.25, 0.40)
    ]
    # Half of 1 % of optical thickness per 0.1 cm-atm on each way.
    assert 0.0005 < reflectance[1] - reflectance[0] < 0.003


def test_molecules_scatter_back_more_than_across() -> None:
    towards, across = (
        float(tables().correction("B02", direction(60, 12, azimuth), Atmosphere(0.0, 1.0)).xb)
        for azimuth in (0.0, 90.0)
    )
    assert towards > across


def test_arrays_of_directions_are_what_each_is_alone() -> None:
    suns, views = np.array([[30.0, 40.0]]), np.array([[2.0, 11.0]])
    many = tables().correction("B03", Geometry(suns, views, views * 9), Atmosphere(0.2, 2.0))
    for column in range(2):
        one = direction(suns[0, column], views[0, column], 9 * views[0, column])
        alone = tables().correction("B03", one, Atmosphere(0.2, 2.0))
        assert many.xb[0, column] == pytest.approx(float(alone.xb), rel=1e-12)


@pytest.mark.parametrize(
    ("sun", "atmosphere", "named"),
    [
        (80.0, Atmosphere(0.1, 1.0), "sun's zenith"),
        (40.0, Atmosphere(1.5, 1.0), "aerosol"),
        (40.0, Atmosphere(0.1, 9.0), "water"),
        (40.0, Atmosphere(0.1, 1.0, altitude=3.6), "altitude"),
        (40.0, Atmosphere(np.nan, 1.0), "aerosol"),
    ],
)
def test_outside_the_tables_is_refused(sun: float, atmosphere: Atmosphere, named: str) -> None:
    with pytest.raises(CardFailed, match=named):
        tables().correction("B04", direction(sun, 5, 90), atmosphere)


def test_tables_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(CardFailed, match=r"optical\.build"):
        Tables.load(tmp_path / "missing.npz")
    np.savez(tmp_path / "other.npz", bands=np.arange(3))
    with pytest.raises(CardFailed, match=r"optical\.build"):
        Tables.load(tmp_path / "other.npz")


def test_saved_and_loaded_again(tmp_path: Path) -> None:
    tables().save(tmp_path / "t.npz")
    again = Tables.load(tmp_path / "t.npz")
    assert again.bands == tables().bands
    np.testing.assert_array_equal(again.path, tables().path)
    np.testing.assert_array_equal(again.nodes.water, tables().nodes.water)


def test_responses_of_a_real_product(real_data: Path) -> None:
    product = next((real_data / "s2_meta").glob("*MSIL1C*.SAFE"))
    responses = read_responses(product / "MTD_MSIL1C.xml")
    assert len(responses) == 13
    centres = {"B02": 0.4924, "B04": 0.6646, "B8A": 0.8647, "B12": 2.2024}
    for band, centre in centres.items():
        one = responses[band]
        wavelengths = one.start_um + 0.0025 * np.arange(len(one.values))
        assert np.average(wavelengths, weights=one.values) == pytest.approx(centre, abs=0.003)


def test_metadata_without_responses(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<a/>")
    with pytest.raises(CorruptProduct, match="no spectral responses"):
        read_responses(tmp_path / "x.xml")
