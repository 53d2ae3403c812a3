"""Values of an image at places between its pixels, all polarisations at once."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.card.sar.dem import interpolate
from dias_cbm.card.sar.terrain_correction import _interpolate

CORNER = (100, 50)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (5, 7)])
@pytest.mark.parametrize("layers", [1, 2])
def test_values_are_those_of_each_polarisation_alone(shape: tuple[int, int], layers: int) -> None:
    """Also on pixels, whose neighbours have no weight, and may be NaN or beyond the edge."""
    rng = np.random.default_rng(1)
    image = rng.normal(0, 1, (*shape, layers)).astype(np.float32)
    image[rng.random(image.shape) < 0.2] = np.nan
    places = rng.uniform(-1, [[[shape[0]]], [[shape[1]]]], (2, 20, 21))
    places[:, ::2] = np.round(places[:, ::2])
    places[0, 1, 1] = np.nan
    found = np.full((layers, 20, 21), -77, np.float32)
    line, sample = places + np.reshape(CORNER, (2, 1, 1))
    valid, negative = _interpolate(image, line, sample, CORNER, found)
    inside = ((places >= 0) & (places <= np.reshape(shape, (2, 1, 1)) - 1)).all(axis=0)
    planes = (np.ascontiguousarray(image[..., layer]) for layer in range(layers))
    expected = np.stack([np.where(inside, interpolate(one, *places), -77) for one in planes])
    assert inside.sum() > 10
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert valid == np.isfinite(expected[0, inside]).sum()
    assert negative == (expected[:, inside] < 0).sum()
