"""Scene classes, and what is marked before them."""

from __future__ import annotations

import numpy as np

from dias_cbm.card.optical.classes import Scl, mark, scene_classes, sky_classes


def test_classes() -> None:
    probability = np.zeros((20, 20), np.float32)
    probability[8:12, 8:12] = 0.5
    probability[9:11, 9:11] = 0.9
    cirrus = np.zeros((20, 20), np.float32)
    cirrus[0] = 0.02
    sky = sky_classes(probability, cirrus)
    assert sky[9, 9] == Scl.CLOUD_HIGH
    assert sky[8, 8] == sky[6, 8] == Scl.CLOUD_MEDIUM
    assert sky[5, 8] == Scl.UNCLASSIFIED
    assert (sky[0] == Scl.CIRRUS).all()
    row = np.full((1, 4), Scl.UNCLASSIFIED, np.uint8)
    red, infrared = np.array([[0.05, 0.2, 0.05, 0.05]]), np.array([[0.4, 0.3, 0.4, 0.4]])
    valid = np.array([[True, True, False, True]])
    saturated = np.array([[False, False, True, True]])
    found = scene_classes(row, red, infrared, valid, saturated)
    assert found.tolist() == [[Scl.VEGETATION, Scl.UNCLASSIFIED, Scl.NO_DATA, Scl.SATURATED]]


def test_water_that_comes_out_below_zero_is_not_vegetation() -> None:
    sky = np.full((1, 2), Scl.UNCLASSIFIED, np.uint8)
    red, infrared = np.array([[-0.008, -0.01]]), np.array([[-0.01, 0.005]])
    found = scene_classes(sky, red, infrared, np.ones((1, 2), bool), np.zeros((1, 2), bool))
    assert (found == Scl.UNCLASSIFIED).all()


def test_marks_of_a_band_in_coarser_pixels() -> None:
    numbers = np.full((4, 6), 3000, np.uint16)
    numbers[0, 1], numbers[3, 5] = 0, 65_535
    valid, saturated = np.ones((2, 3), bool), np.zeros((2, 3), bool)
    mark(numbers, 2, valid, saturated)
    assert valid.tolist() == [[False, True, True], [True, True, True]]
    assert saturated.tolist() == [[False, False, False], [False, False, True]]
