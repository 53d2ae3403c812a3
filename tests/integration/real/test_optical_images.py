"""CARD-2A on real images: surface beside Sen2Cor's, clouds and air of a real tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm_lab.evidence.real import optical

pytestmark = [pytest.mark.integration, pytest.mark.real_data]

#: Only every third pixel and line of the tile, for time.
STEP = 3


@pytest.fixture(scope="module")
def images(real_data: Path) -> Path:
    return real_data / "real_images"


@pytest.fixture(scope="module")
def tile(images: Path) -> dict[str, np.ndarray]:
    return optical.tile(images, STEP)


def test_within_bounds(images: Path) -> None:
    found = optical.figures(images, STEP)
    assert [one.what for one in found if not one.holds] == []
    assert [one.what[-3:] for one in found if one.bound == 0.006] == list(optical.FIRM)


def test_a_wrong_altitude_is_not_fitted_away(images: Path) -> None:
    _, off = optical.Alps.read(images).fitted(altitude=0.0)
    assert max(abs(off[band]) for band in optical.FIRM) > 0.006


def test_uncorrected_blue_is_not_sen2cors(images: Path) -> None:
    alps = optical.Alps.read(images)
    away = np.median((alps.sensed["B02"] - alps.surface["B02"])[alps.clear])
    assert away > 0.03


@pytest.mark.parametrize("offset", [-0.1, 0.1])
def test_a_radiometric_offset_forgotten_or_taken_twice_is_seen(
    tile: dict[str, np.ndarray], offset: float
) -> None:
    wrong = {
        band: np.where(values > 0, values + offset, 0).astype(np.float32)
        for band, values in tile.items()
    }
    found = optical.sky(wrong)
    assert not 0.28 <= found.cloudy <= 0.38
    assert found.estimate.aot_from == "default" or found.estimate.atmosphere.aot < 0.03
