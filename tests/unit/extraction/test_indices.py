"""Indices by name, of the catalogue's formulas."""

import re

import numpy as np
import pytest

from dias_cbm.errors import SettingsError
from dias_cbm.extraction.indices import index, parse_indices, possible

REFLECTANCE = {"B02": 0.05, "B03": 0.08, "B04": 0.06, "B08": 0.40, "B11": 0.20}
BACKSCATTER = {"VV": 0.12, "VH": 0.03}


def test_names_are_parsed_in_order_and_once() -> None:
    assert parse_indices(["NDWI", "NDVI", "NDWI"]) == [index("NDWI"), index("NDVI")]
    assert parse_indices([]) == []


@pytest.mark.parametrize(("wrong", "right"), [("NDXI", "NDVI"), ("ndvi", "NDVI"), ("#?", "BSI")])
def test_an_unknown_index_is_an_error_that_names_some_known(wrong: str, right: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"{re.escape(wrong)}: unknown index \(such as .*{right}"
    ):
        parse_indices(["NDVI", wrong])


def test_only_indices_whose_bands_are_there_are_possible() -> None:
    ndvi, ndmi = index("NDVI"), index("NDMI")
    assert possible([ndvi, ndmi], ["B02", "B04", "B08"]) == ([ndvi], [ndmi])
    assert possible([ndvi], ["B04", "VV"]) == ([], [ndvi])


def test_an_index_has_no_value_where_it_would_be_infinite_or_an_input_is_missing() -> None:
    red = np.array([0.1, 0.0, 0.2, np.nan, 0.1], np.float32)
    infrared = np.array([0.3, 0.0, -0.2, 0.5, np.nan], np.float32)
    out = np.zeros(5, np.float32)
    index("NDVI").evaluate({"B04": red, "B08": infrared}, out)
    np.testing.assert_allclose(out, [0.5, np.nan, np.nan, np.nan, np.nan], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NDVI", (0.40 - 0.06) / (0.40 + 0.06)),
        ("NDWI", (0.08 - 0.40) / (0.08 + 0.40)),
        ("NDMI", (0.40 - 0.20) / (0.40 + 0.20)),
        ("BSI", ((0.20 + 0.06) - (0.40 + 0.05)) / ((0.20 + 0.06) + (0.40 + 0.05))),
        ("EVI", 2.5 * (0.40 - 0.06) / (0.40 + 6 * 0.06 - 7.5 * 0.05 + 1)),
        ("MSAVI", 0.5 * (1.8 - (1.8**2 - 8 * (0.40 - 0.06)) ** 0.5)),
        ("VH/VV", 0.25),
        ("VVVHR", 4.0),
        ("DpRVIVV", 4 * 0.03 / 0.15),
    ],
)
def test_hand_worked(name: str, expected: float) -> None:
    values = {band: np.full(3, v, np.float32) for band, v in (REFLECTANCE | BACKSCATTER).items()}
    out = np.zeros(3, np.float32)
    index(name).evaluate(values, out)
    assert out.tolist() == pytest.approx([expected] * 3, rel=1e-5)


def test_an_index_keeps_the_name_it_was_asked_for_and_says_its_bands() -> None:
    bare_soil = index("BSI")
    assert (bare_soil.name, bare_soil.title) == ("BSI", "Bare Soil Index")
    assert set(bare_soil.inputs) == {"B02", "B04", "B08", "B11"}
